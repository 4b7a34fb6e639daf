import { SITE_PERMISSIONS } from "../../access/permissions.ts";
import {
  definePermission,
  listOwnPermissions,
  type OwnPermission,
  removePermission,
} from "../../access/site-permissions.ts";
import type { View } from "../../invocation/view.ts";
import type { ApiApp } from "../api-app.ts";
import { actorOf, callerOf } from "../callers.ts";
import { Changed } from "../contracts/people.ts";
import {
  NewPermission,
  OwnPermission as Own,
  type PermissionItem,
  PermissionKey,
  PermissionList,
} from "../contracts/roles.ts";
import type { ApiDeps } from "../deps.ts";
import { newestView } from "../newest-view.ts";
import { problems } from "../openapi.ts";
import { changedOf, refusalOf } from "../refusals.ts";

export function addPermissionRoutes(app: ApiApp, deps: ApiDeps): void {
  const { store } = deps.dispatch;
  const manage = { permission: "site:access-manage" } as const;

  app.get(
    "/api/v1/permissions",
    {
      config: { permission: "site:access-read" },
      schema: {
        summary: "Every permission there is, and who declares it",
        response: { 200: PermissionList, ...problems },
      },
    },
    async (request) => {
      const view = await newestView(deps, callerOf(request));
      const own = await listOwnPermissions(store, callerOf(request).workspaceId);
      return { permissions: [...ofProgram(), ...ofWorkspace(own), ...ofBundles(view)] };
    },
  );

  app.post(
    "/api/v1/permissions",
    {
      config: manage,
      schema: {
        summary: "Declare a permission of the workspace's own",
        body: NewPermission,
        response: { 201: Own, ...problems },
      },
    },
    async (request, reply) => {
      const { workspaceId } = callerOf(request);
      const made = await definePermission(store, workspaceId, request.body, actorOf(request));
      if (made.ok) return reply.code(201).send(made.value);
      const { status, body } = refusalOf(made);
      return reply.code(status).send(body);
    },
  );

  app.delete(
    "/api/v1/permissions/:name",
    {
      config: manage,
      schema: {
        summary: "Declare it no longer; every role loses it",
        params: PermissionKey,
        response: { 200: Changed, ...problems },
      },
    },
    async (request, reply) => {
      const { workspaceId } = callerOf(request);
      const { name } = request.params;
      const { status, body } = changedOf(
        await removePermission(store, workspaceId, name, actorOf(request)),
      );
      return reply.code(status).send(body);
    },
  );
}

function ofProgram(): PermissionItem[] {
  return Object.entries(SITE_PERMISSIONS).map(([name, description]) => {
    return { name, description, declaredBy: "program" };
  });
}

function ofWorkspace(own: readonly OwnPermission[]): PermissionItem[] {
  return own.map((permission) => ({ ...permission, declaredBy: "workspace" }));
}

function ofBundles({ bundles }: View): PermissionItem[] {
  return [...bundles.values()].flatMap(({ name, permissions }) =>
    permissions.map((permission) => ({
      name: `${name}:${permission}`,
      description: "",
      declaredBy: name,
    })),
  );
}
