import type { FastifyReply, FastifyRequest } from "fastify";
import type { Logger } from "../../relay/process/logger.ts";
import { onceAMinute } from "../../relay/process/once-a-minute.ts";
import { recordEvent } from "../audit/event.ts";
import type { Store } from "../store/pool.ts";
import type { Caller } from "./callers.ts";

const READS: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);

interface Deps {
  store: Store;
  log: Logger;
}

/**
 * Puts on record each call that would have changed something and was not permitted: before it is
 * answered, and of one caller and route once a minute, so that nobody floods the audit.
 */
export function recordRefusedCalls({ store, log }: Deps) {
  const isDue = onceAMinute(() => performance.now());

  return async (request: FastifyRequest, reply: FastifyReply, payload: unknown) => {
    const { caller, method } = request;
    if (reply.statusCode !== 403 || READS.has(method) || !caller) return payload;
    const route = `${method} ${request.routeOptions.url}`;
    if (!isDue(`${caller.workspaceId}/${caller.userId} ${route}`)) return payload;
    try {
      await record(store, caller, route, request.routeOptions.config.permission);
    } catch (error) {
      log.warn({ err: error, userId: caller.userId, route }, "a refused call was not recorded");
    }
    return payload;
  };
}

function record(
  store: Store,
  { workspaceId, userId }: Caller,
  route: string,
  permission: string | undefined,
): Promise<void> {
  return recordEvent(store, workspaceId, {
    kind: "api.refused",
    method: "api",
    actorId: userId,
    object: `route:${route}`,
    detail: { permission },
  });
}
