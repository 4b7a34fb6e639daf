import { printJoinToken } from "../../../relay/wire/join-token.ts";
import { announceChange } from "../../relays/changes.ts";
import { describeRelays } from "../../relays/describe.ts";
import { issueJoinToken, JOIN_TOKEN_VALID_MS } from "../../relays/enrol.ts";
import { type ChangedRelay, changeRelay, RELAY_ACTIONS } from "../../relays/life.ts";
import { tellRemovals } from "../../relays/nats-removal.ts";
import type { ApiApp } from "../api-app.ts";
import { actorOf, callerOf } from "../callers.ts";
import {
  IssuedJoinToken,
  NewJoinToken,
  RelayChanged,
  RelayKey,
  RelayList,
} from "../contracts/relays.ts";
import type { ApiDeps } from "../deps.ts";
import { problems } from "../openapi.ts";
import { conflict } from "../problems.ts";
import { refusalOf } from "../refusals.ts";

export function addRelayRoutes(app: ApiApp, deps: ApiDeps): void {
  const { bus, store, registry } = deps.dispatch;

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
      const token = await issueJoinToken(store, { workspaceId, name, tags, createdBy: userId });
      const joinToken = await wholeJoinToken(deps, token);
      return reply.code(201).send({ joinToken });
    },
  );

  for (const action of RELAY_ACTIONS) {
    app.post(
      `/api/v1/relays/:id/${action}`,
      {
        config: { permission: "site:relays-manage" },
        schema: {
          summary: SUMMARIES[action],
          params: RelayKey,
          response: { 200: RelayChanged, ...problems },
        },
      },
      async (request, reply) => {
        const { workspaceId } = callerOf(request);
        const { id } = request.params;
        const outcome = await changeRelay(store, workspaceId, id, action, actorOf(request));
        if (!outcome.ok) {
          const { status, body } = refusalOf(outcome);
          return reply.code(status).send(body);
        }
        const { changed } = outcome;
        if (changed) await announceChange({ bus, registry });
        const note = action === "remove" ? await cutOff(deps, outcome.value) : undefined;
        return { changed, ...(note !== undefined && { note }) };
      },
    );
  }
}

const SUMMARIES = {
  suspend: "Ask this relay nothing more; it stays connected",
  resume: "Take a suspension back",
  remove: "Hear this relay no more, and have the NATS server refuse it; its name is free again",
} as const;

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
    ...(nats !== undefined && { nats }),
    ...(ca !== undefined && { ca }),
    ...(user && { user }),
  });
}

const NOT_HEARD = "nothing that it says is heard";

/** Resolves to what is left to say: whether the server still lets it in. */
async function cutOff(deps: ApiDeps, relay: ChangedRelay): Promise<string | undefined> {
  const removal = deps.nats?.removal;
  if (!removal || !relay.hasNatsUser) {
    return `the NATS server still lets ${relay.name} connect, and ${NOT_HEARD}`;
  }
  try {
    await tellRemovals(deps.dispatch.store, removal);
    return undefined;
  } catch (error) {
    deps.log.warn({ err: error }, "the NATS server could not be told of a removal");
    return `the NATS server could not be told, and is told again within a minute; until then it lets ${relay.name} connect, and ${NOT_HEARD}`;
  }
}
