import { changeRole, createRole, listRoles, removeRole } from "../../access/roles.ts";
import type { ApiApp } from "../api-app.ts";
import { actorOf, callerOf } from "../callers.ts";
import { Changed } from "../contracts/people.ts";
import { NewRole, RoleChange, RoleItem, RoleKey, RoleList } from "../contracts/roles.ts";
import type { ApiDeps } from "../deps.ts";
import { newestView } from "../newest-view.ts";
import { problems } from "../openapi.ts";
import { changedOf, refusalOf } from "../refusals.ts";

export function addRoleRoutes(app: ApiApp, deps: ApiDeps): void {
  const { store } = deps.dispatch;
  const read = { permission: "site:access-read" } as const;
  const manage = { permission: "site:access-manage" } as const;
  const response = { 200: Changed, ...problems };

  app.get(
    "/api/v1/roles",
    { config: read, schema: { summary: "Roles", response: { 200: RoleList, ...problems } } },
    async (request) => ({ roles: await listRoles(store, callerOf(request).workspaceId) }),
  );

  app.post(
    "/api/v1/roles",
    {
      config: manage,
      schema: {
        summary: "Add a role of the workspace's own",
        body: NewRole,
        response: { 201: RoleItem, ...problems },
      },
    },
    async (request, reply) => {
      const { workspaceId } = callerOf(request);
      const { declared } = await newestView(deps, callerOf(request));
      const made = await createRole(store, workspaceId, request.body, declared, actorOf(request));
      if (made.ok) return reply.code(201).send(made.value);
      const { status, body } = refusalOf(made);
      return reply.code(status).send(body);
    },
  );

  app.post(
    "/api/v1/roles/:name/permissions",
    {
      config: manage,
      schema: {
        summary: "Change what a role holds",
        params: RoleKey,
        body: RoleChange,
        response,
      },
    },
    async (request, reply) => {
      const { workspaceId } = callerOf(request);
      const { declared } = await newestView(deps, callerOf(request));
      const { name } = request.params;
      const { status, body } = changedOf(
        await changeRole(store, workspaceId, name, request.body, declared, actorOf(request)),
      );
      return reply.code(status).send(body);
    },
  );

  app.delete(
    "/api/v1/roles/:name",
    {
      config: manage,
      schema: { summary: "Remove a role, and its grants with it", params: RoleKey, response },
    },
    async (request, reply) => {
      const { workspaceId } = callerOf(request);
      const { name } = request.params;
      const { status, body } = changedOf(
        await removeRole(store, workspaceId, name, actorOf(request)),
      );
      return reply.code(status).send(body);
    },
  );
}
