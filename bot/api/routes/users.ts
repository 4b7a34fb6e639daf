import { linkIdentity, unlinkIdentity } from "../../access/identities.ts";
import { activateUser, createUser, listUsers, suspendUser } from "../../access/users.ts";
import type { ApiApp } from "../api-app.ts";
import { actorOf, callerOf } from "../callers.ts";
import {
  Changed,
  IdentityKey,
  LinkIdentity,
  NewUser,
  UserItem,
  UserKey,
  UserList,
} from "../contracts/people.ts";
import type { ApiDeps } from "../deps.ts";
import { problems } from "../openapi.ts";
import { changedOf, refusalOf } from "../refusals.ts";

export function addUserRoutes(app: ApiApp, { dispatch: { store } }: ApiDeps): void {
  const read = { permission: "site:access-read" } as const;
  const manage = { permission: "site:access-manage" } as const;
  const response = { 200: Changed, ...problems };

  app.get(
    "/api/v1/users",
    { config: read, schema: { summary: "Users", response: { 200: UserList, ...problems } } },
    async (request) => ({ users: await listUsers(store, callerOf(request).workspaceId) }),
  );

  app.post(
    "/api/v1/users",
    {
      config: manage,
      schema: { summary: "Add a user", body: NewUser, response: { 201: UserItem, ...problems } },
    },
    async (request, reply) => {
      const { workspaceId } = callerOf(request);
      const made = await createUser(store, workspaceId, request.body, actorOf(request));
      if (made.ok) return reply.code(201).send(made.value);
      const { status, body } = refusalOf(made);
      return reply.code(status).send(body);
    },
  );

  for (const [action, change, summary] of [
    ["suspend", suspendUser, "Let nobody be this user, from the next invocation on"],
    ["activate", activateUser, "Take a suspension back"],
  ] as const) {
    app.post(
      `/api/v1/users/:name/${action}`,
      { config: manage, schema: { summary, params: UserKey, response } },
      async (request, reply) => {
        const { workspaceId } = callerOf(request);
        const { name } = request.params;
        const { status, body } = changedOf(
          await change(store, workspaceId, name, actorOf(request)),
        );
        return reply.code(status).send(body);
      },
    );
  }

  app.post(
    "/api/v1/users/:name/identities",
    {
      config: manage,
      schema: {
        summary: "Say whose account this is",
        params: UserKey,
        body: LinkIdentity,
        response,
      },
    },
    async (request, reply) => {
      const { workspaceId } = callerOf(request);
      const { account, ...place } = request.body;
      const identity = { ...place, providerUser: account };
      const { name } = request.params;
      const { status, body } = changedOf(
        await linkIdentity(store, workspaceId, name, identity, actorOf(request)),
      );
      return reply.code(status).send(body);
    },
  );

  app.delete(
    "/api/v1/users/:name/identities/:adapter/:installation/:account",
    {
      config: manage,
      schema: { summary: "Take an account from a user", params: IdentityKey, response },
    },
    async (request, reply) => {
      const { workspaceId } = callerOf(request);
      const { name, account, ...place } = request.params;
      const identity = { ...place, providerUser: account };
      const { status, body } = changedOf(
        await unlinkIdentity(store, workspaceId, name, identity, actorOf(request)),
      );
      return reply.code(status).send(body);
    },
  );
}
