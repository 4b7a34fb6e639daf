import type { BusMessage, Subscription } from "../../relay/process/bus.ts";
import { fromBot, fromRelay, openFromRelay } from "../../relay/wire/envelope.ts";
import { BOTS_QUEUE, relayOf, upFromAnyRelay } from "../../relay/wire/subjects.ts";
import { signTo } from "../relays/sign-to.ts";
import type { DispatchDeps } from "./dispatch.ts";
import { markStarted } from "./transitions.ts";

const PERMIT_TTL_MS = 10_000;

/**
 * Answers claims: a permit is signed only after `offered → started` is committed for exactly this
 * execution, attempt, relay and epoch. Asking again gives the same answer. While the database
 * cannot be reached nothing is answered: the relay asks again.
 */
export function serveClaims(deps: DispatchDeps): Subscription {
  return deps.bus.subscribe(upFromAnyRelay("claim"), { queue: BOTS_QUEUE }, (message) =>
    onClaim(deps, message),
  );
}

async function onClaim(deps: DispatchDeps, message: BusMessage): Promise<void> {
  const relay = deps.registry.find(relayOf(message.subject) ?? "");
  if (!relay) return;
  const opened = await openFromRelay(fromRelay.claim, message.payload, relay.key);
  if (!opened.ok) {
    deps.log.warn({ relayId: relay.id, failure: opened.failure }, "claim refused");
    return;
  }
  const { executionId, attempt, epoch } = opened.message;
  const key = { workspaceId: relay.workspaceId, executionId, attempt };
  const { answer, replyBot = deps.botId } = await markStarted(deps.store, key, {
    relayId: relay.id,
    epoch,
  });
  const granted = answer === "granted";
  const to = { relayId: relay.id, epoch, ttlMs: PERMIT_TTL_MS };
  const permit = await signTo(deps, to, fromBot.permit, {
    executionId,
    attempt,
    granted,
    replyBot,
    ...(!granted && { reason: answer }),
  });
  if (granted && !deps.live.isRunBy(executionId, attempt, relay.id)) {
    deps.live.started(executionId, attempt, relay);
  }
  message.respond(permit);
}
