import type { FastifyReply, FastifyRequest } from "fastify";
import type { SitePermission } from "../access/permissions.ts";
import { type Principal, readPrincipal } from "../access/principal.ts";
import { findToken } from "../access/tokens.ts";
import type { Store } from "../store/pool.ts";
import { forbidden, problem, unauthorized } from "./problems.ts";

/** Who may call a route: whoever holds the permission, any user, or anybody at all. */
export type RoutePermission = SitePermission | "signed-in" | "public";

/** Whoever has shown a token, read anew for each request. */
export interface Caller extends Principal {
  workspaceId: string;
}

declare module "fastify" {
  interface FastifyContextConfig {
    permission?: RoutePermission;
  }
  interface FastifyRequest {
    caller: Caller | undefined;
  }
}

/** The one place where a request is let in: by what its route has declared, else not at all. */
export function guard(store: Store) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<unknown> => {
    const { permission } = request.routeOptions.config;
    if (permission === "public" || request.is404) return;
    if (permission === undefined) {
      const detail = "nobody may use this route: it declares no permission";
      return reply.code(403).send(problem(403, "forbidden", "Not permitted", detail));
    }
    request.caller = await findCaller(store, request.headers.authorization);
    if (!request.caller) {
      return reply.code(401).header("www-authenticate", "Bearer").send(unauthorized());
    }
    if (permission === "signed-in" || request.caller.permissions.has(permission)) return;
    return reply.code(403).send(forbidden(permission));
  };
}

/** Without a token the same steps are taken as with one that nobody holds. */
async function findCaller(
  store: Store,
  authorization: string | undefined,
): Promise<Caller | undefined> {
  const [, token = ""] = /^Bearer +([\x21-\x7e]+) *$/i.exec(authorization ?? "") ?? [];
  const holder = await findToken(store, token);
  if (!holder) return undefined;
  const { workspaceId, userId } = holder;
  const { principal } = await readPrincipal(store, workspaceId, { userId });
  return principal && { ...principal, workspaceId };
}

/** The caller of a route that is not public. */
export function callerOf(request: FastifyRequest): Caller {
  if (!request.caller) throw new TypeError("a public route asks for its caller");
  return request.caller;
}

/** The caller, as whoever a change is recorded to be of. */
export function actorOf(request: FastifyRequest): { userId: string; method: string } {
  return { userId: callerOf(request).userId, method: "api" };
}
