import { announceChange } from "../../relays/changes.ts";
import { type ChangedRelay, changeRelay, RELAY_ACTIONS } from "../../relays/life.ts";
import { tellRemovals } from "../../relays/nats-removal.ts";
import type { ApiApp } from "../api-app.ts";
import { actorOf, callerOf } from "../callers.ts";
import { RelayChanged, RelayKey } from "../contracts/relays.ts";
import type { ApiDeps } from "../deps.ts";
import { problems } from "../openapi.ts";
import { refusalOf } from "../refusals.ts";

const SUMMARIES = {
  drain: "Let this relay end what it has, and take nothing more",
  suspend: "Ask this relay nothing more; it stays connected",
  resume: "Take a drain or a suspension back",
  remove: "Hear this relay no more, and have the NATS server refuse it; its name is free again",
} as const;

export function addRelayLifeRoutes(app: ApiApp, deps: ApiDeps): void {
  const { store } = deps.dispatch;
  const config = { permission: "site:relays-manage" } as const;
  const response = { 200: RelayChanged, ...problems };

  for (const action of RELAY_ACTIONS) {
    app.post(
      `/api/v1/relays/:id/${action}`,
      { config, schema: { summary: SUMMARIES[action], params: RelayKey, response } },
      async (request, reply) => {
        const { workspaceId } = callerOf(request);
        const { id } = request.params;
        const outcome = await changeRelay(store, workspaceId, id, action, actorOf(request));
        if (!outcome.ok) {
          const { status, body } = refusalOf(outcome);
          return reply.code(status).send(body);
        }
        const { changed, value } = outcome;
        if (changed) await announceChange(deps.dispatch);
        const note = action === "remove" ? await cutOff(deps, value) : undefined;
        return { changed, ...(note !== undefined && { note }) };
      },
    );
  }
}

const NOT_HEARD = "nothing that it says is heard";

/** Resolves to what is left to say: whether the NATS server still lets it in. */
async function cutOff(deps: ApiDeps, { name, hasNatsUser }: ChangedRelay) {
  if (deps.natsUrlForRelays === undefined) return undefined;
  const removal = deps.nats?.removal;
  if (!removal || !hasNatsUser) {
    return `the NATS server still lets ${name} connect, and ${NOT_HEARD}`;
  }
  try {
    await tellRemovals(deps.dispatch.store, removal);
    return undefined;
  } catch (error) {
    deps.log.warn({ err: error }, "the NATS server could not be told of a removal");
    return `the NATS server could not be told, and is told again within a minute; until then it lets ${name} connect, and ${NOT_HEARD}`;
  }
}
