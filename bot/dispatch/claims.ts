import type { BusMessage, Subscription } from "../../relay/process/bus.ts";
import { reach, reachOnceSent } from "../../relay/process/fault-point.ts";
import { fromBot, fromRelay, openFromRelay } from "../../relay/wire/envelope.ts";
import type { AttemptName, Claim, Permitted } from "../../relay/wire/messages.ts";
import { BOTS_QUEUE, relayOf, upFromAnyRelay } from "../../relay/wire/subjects.ts";
import { type KnownRelay, mayBeAsked } from "../relays/registry.ts";
import { signTo } from "../relays/sign-to.ts";
import { mayAnswer } from "./answer.ts";
import type { DispatchCore } from "./dispatch.ts";
import { atMostInHand, type InHand } from "./in-hand.ts";

const PERMIT_TTL_MS = 10_000;
/** Twice as many as a relay has on their way. */
const MOST_IN_HAND = 8;

/**
 * Answers claims: a permit is signed only after `offered → started` is committed for exactly this
 * execution, attempt, relay and epoch. Asking again gives the same answer. While the database
 * cannot be reached nothing is answered: the relay asks again.
 */
export function serveClaims(deps: DispatchCore): Subscription {
  const inHand = atMostInHand(MOST_IN_HAND);
  return deps.bus.subscribe(upFromAnyRelay("claim"), { queue: BOTS_QUEUE }, (message) =>
    onClaim(deps, inHand, message),
  );
}

async function onClaim(deps: DispatchCore, inHand: InHand, message: BusMessage): Promise<void> {
  const relay = deps.registry.find(relayOf(message.subject) ?? "");
  if (!relay || !mayBeAsked(relay)) return;
  if (!mayAnswer(message, relay.id)) return deps.refused("claim", relay.id, "foreign-reply");
  const opened = await openFromRelay(fromRelay.claim, message.payload, relay.key);
  if (!opened.ok) return deps.refused("claim", relay.id, opened.failure);
  const isDone = await inHand(relay.id, () => permit(deps, relay, opened.message, message));
  if (!isDone) deps.refused("claim", relay.id, "too-many");
}

async function permit(
  deps: DispatchCore,
  relay: KnownRelay,
  { claims, epoch, nonce }: Claim,
  message: BusMessage,
): Promise<void> {
  const permits = await Promise.all(claims.map((claim) => decide(deps, relay, epoch, claim)));
  const to = { relayId: relay.id, epoch, ttlMs: PERMIT_TTL_MS };
  const signed = await signTo(deps, to, fromBot.permit, { nonce, permits });
  for (const { executionId, attempt, granted } of permits) {
    if (granted && !deps.live.isRunBy(executionId, attempt, relay.id)) {
      deps.live.started(executionId, attempt, relay);
    }
  }
  message.respond(signed);
  for (const { executionId, granted } of permits) {
    if (granted) reachOnceSent("permit-sent", executionId);
  }
}

async function decide(
  deps: DispatchCore,
  relay: KnownRelay,
  epoch: string,
  { executionId, attempt }: AttemptName,
): Promise<Permitted> {
  const key = { workspaceId: relay.workspaceId, executionId, attempt };
  const by = { relayId: relay.id, epoch };
  const { answer, replyBot = deps.botId, goodForMs } = await deps.executions.start(key, by);
  const granted = answer === "granted";
  if (granted) reach("started-committed", executionId);
  const about = { executionId, attempt, granted, replyBot };
  return granted ? { ...about, goodForMs } : { ...about, reason: answer };
}
