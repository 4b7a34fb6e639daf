import { printJoinToken } from "../../../relay/wire/join-token.ts";
import { describeRelays } from "../../relays/describe.ts";
import { issueJoinToken, JOIN_TOKEN_VALID_MS } from "../../relays/enrol.ts";
import type { ApiApp } from "../api-app.ts";
import { callerOf } from "../callers.ts";
import { IssuedJoinToken, NewJoinToken, RelayList } from "../contracts/relays.ts";
import type { ApiDeps } from "../deps.ts";
import { problems } from "../openapi.ts";
import { conflict } from "../problems.ts";
import { addRelayLifeRoutes } from "./relay-life.ts";

export function addRelayRoutes(app: ApiApp, deps: ApiDeps): void {
  const { registry } = deps.dispatch;

  app.get(
    "/api/v1/relays",
    {
      config: { permission: "site:relays-read" },
      schema: { summary: "Relays and how they are", response: { 200: RelayList, ...problems } },
    },
    async (request) => ({ relays: describeRelays(registry, callerOf(request).workspaceId) }),
  );

  app.post(
    "/api/v1/relays/join-tokens",
    {
      config: { permission: "site:relays-manage" },
      schema: {
        summary: "Invite a relay; the token is shown this once",
        body: NewJoinToken,
        response: { 201: IssuedJoinToken, ...problems },
      },
    },
    async (request, reply) => {
      const { workspaceId, userId } = callerOf(request);
      const { name, tags } = request.body;
      if (deps.natsUrlForRelays === undefined) {
        const detail =
          "this bot keeps its bus to itself: relays join a bot that has ALDIS_NATS_URL";
        return reply.code(409).send(conflict(detail));
      }
      if (describeRelays(registry, workspaceId).some((relay) => relay.name === name)) {
        return reply.code(409).send(conflict(`there is a relay ${name} already`));
      }
      const token = await issueJoinToken(deps.dispatch, {
        workspaceId,
        name,
        tags,
        createdBy: userId,
      });
      const joinToken = await wholeJoinToken(deps, token);
      return reply.code(201).send({ joinToken });
    },
  );

  addRelayLifeRoutes(app, deps);
}

/** All that a host needs that holds nothing yet. */
async function wholeJoinToken(deps: ApiDeps, token: string): Promise<string> {
  const { natsUrlForRelays: nats, nats: server, authorityFingerprint: authority } = deps;
  const expiresAt = new Date(Date.now() + JOIN_TOKEN_VALID_MS);
  const user = await server?.users?.newcomer(token, expiresAt);
  const ca = server?.ca;
  return printJoinToken({
    v: 1,
    token,
    authority,
    keyListNumber: deps.keyLists.current().list.number,
    ...(nats !== undefined && { nats }),
    ...(ca !== undefined && { ca }),
    ...(user && { user }),
  });
}
