import {
  createGroup,
  joinGroup,
  leaveGroup,
  listGroups,
  removeGroup,
} from "../../access/groups.ts";
import type { ApiApp } from "../api-app.ts";
import { actorOf, callerOf } from "../callers.ts";
import {
  Changed,
  GroupItem,
  GroupKey,
  GroupList,
  MemberKey,
  NewGroup,
  NewMember,
} from "../contracts/people.ts";
import type { ApiDeps } from "../deps.ts";
import { problems } from "../openapi.ts";
import { changedOf, refusalOf } from "../refusals.ts";

export function addGroupRoutes(app: ApiApp, { dispatch: { store } }: ApiDeps): void {
  const read = { permission: "site:access-read" } as const;
  const manage = { permission: "site:access-manage" } as const;
  const response = { 200: Changed, ...problems };

  app.get(
    "/api/v1/groups",
    { config: read, schema: { summary: "Groups", response: { 200: GroupList, ...problems } } },
    async (request) => ({ groups: await listGroups(store, callerOf(request).workspaceId) }),
  );

  app.post(
    "/api/v1/groups",
    {
      config: manage,
      schema: { summary: "Add a group", body: NewGroup, response: { 201: GroupItem, ...problems } },
    },
    async (request, reply) => {
      const { workspaceId } = callerOf(request);
      const made = await createGroup(store, workspaceId, request.body.name, actorOf(request));
      if (made.ok) return reply.code(201).send(made.value);
      const { status, body } = refusalOf(made);
      return reply.code(status).send(body);
    },
  );

  app.delete(
    "/api/v1/groups/:name",
    {
      config: manage,
      schema: { summary: "Remove a group, and its grants with it", params: GroupKey, response },
    },
    async (request, reply) => {
      const { workspaceId } = callerOf(request);
      const { name } = request.params;
      const { status, body } = changedOf(
        await removeGroup(store, workspaceId, name, actorOf(request)),
      );
      return reply.code(status).send(body);
    },
  );

  app.post(
    "/api/v1/groups/:name/members",
    {
      config: manage,
      schema: { summary: "Put a user in a group", params: GroupKey, body: NewMember, response },
    },
    async (request, reply) => {
      const { workspaceId } = callerOf(request);
      const membership = { group: request.params.name, user: request.body.user };
      const { status, body } = changedOf(
        await joinGroup(store, workspaceId, membership, actorOf(request)),
      );
      return reply.code(status).send(body);
    },
  );

  app.delete(
    "/api/v1/groups/:name/members/:user",
    {
      config: manage,
      schema: { summary: "Take a user out of a group", params: MemberKey, response },
    },
    async (request, reply) => {
      const { workspaceId } = callerOf(request);
      const { name: group, user } = request.params;
      const { status, body } = changedOf(
        await leaveGroup(store, workspaceId, { group, user }, actorOf(request)),
      );
      return reply.code(status).send(body);
    },
  );
}
