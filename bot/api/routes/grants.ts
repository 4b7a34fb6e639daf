import {
  type Grantee,
  type GrantItem,
  grantRole,
  listGrants,
  revokeGrant,
} from "../../access/grants.ts";
import type { ApiApp } from "../api-app.ts";
import { actorOf, callerOf } from "../callers.ts";
import { Changed } from "../contracts/people.ts";
import { GrantItem as Grant, GrantKey, GrantList, NewGrant } from "../contracts/roles.ts";
import type { ApiDeps } from "../deps.ts";
import { problems } from "../openapi.ts";
import { changedOf, refusalOf } from "../refusals.ts";

export function addGrantRoutes(app: ApiApp, { dispatch: { store } }: ApiDeps): void {
  const read = { permission: "site:access-read" } as const;
  const manage = { permission: "site:access-manage" } as const;

  app.get(
    "/api/v1/grants",
    {
      config: read,
      schema: { summary: "Who is granted which role", response: { 200: GrantList, ...problems } },
    },
    async (request) => {
      const grants = await listGrants(store, callerOf(request).workspaceId);
      return { grants: grants.map(grantItem) };
    },
  );

  app.post(
    "/api/v1/grants",
    {
      config: manage,
      schema: {
        summary: "Grant a role to a user or a group; again, to change until when",
        body: NewGrant,
        response: { 200: Grant, ...problems },
      },
    },
    async (request, reply) => {
      const { workspaceId } = callerOf(request);
      const { role, user, group = "", expiresAt, forMs, reason } = request.body;
      const to: Grantee = user === undefined ? { group } : { user };
      const term = { forMs, expiresAt: expiresAt === undefined ? undefined : new Date(expiresAt) };
      const wish = { role, to, term, reason };
      const granted = await grantRole(store, workspaceId, wish, actorOf(request));
      if (granted.ok) return reply.code(200).send(grantItem(granted.value));
      const { status, body } = refusalOf(granted);
      return reply.code(status).send(body);
    },
  );

  app.delete(
    "/api/v1/grants/:id",
    {
      config: manage,
      schema: {
        summary: "Revoke a grant",
        params: GrantKey,
        response: { 200: Changed, ...problems },
      },
    },
    async (request, reply) => {
      const { workspaceId } = callerOf(request);
      const { id } = request.params;
      const { status, body } = changedOf(
        await revokeGrant(store, workspaceId, id, actorOf(request)),
      );
      return reply.code(status).send(body);
    },
  );
}

function grantItem({ expiresAt, isExpired, grantedAt, ...grant }: GrantItem): Grant {
  return {
    ...grant,
    expiresAt: expiresAt?.toISOString() ?? null,
    expired: isExpired,
    grantedAt: grantedAt.toISOString(),
  };
}
