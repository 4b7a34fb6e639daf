import { BusError, type MessageBus } from "../../relay/process/bus.ts";
import type { Clock } from "../../relay/process/clock.ts";
import { fromBot, fromRelay, type OpenFailure, openFromRelay } from "../../relay/wire/envelope.ts";
import { randomName } from "../../relay/wire/ids.ts";
import type { SigningKey, VerifyingKey } from "../../relay/wire/keys.ts";
import { downTo, repliesTo, replyFrom } from "../../relay/wire/subjects.ts";
import { signTo } from "./sign-to.ts";

const ANSWER_WITHIN_MS = 5_000;

/** What kept a process from proving its epoch: nobody answered, or the answer was not one. */
export type Unproved = "no-answer" | "another-question" | OpenFailure;

/**
 * Whether the process that announced this epoch lives and holds the relay's key: it signs a nonce
 * made just now, which no recorded message contains. Undefined once it is proved.
 */
export async function challengeRelay(
  deps: { bus: MessageBus; key: SigningKey; botId: string; clock: Clock },
  relay: { id: string; key: VerifyingKey },
  epoch: string,
  nonce: string,
): Promise<Unproved | undefined> {
  const to = { relayId: relay.id, epoch, ttlMs: ANSWER_WITHIN_MS };
  const question = await signTo(deps, to, fromBot.challenge, { nonce });
  try {
    const answer = await deps.bus.request(downTo(relay.id), question, {
      timeoutMs: ANSWER_WITHIN_MS,
      replyTo: replyFrom(relay.id, deps.botId, randomName()),
      repliesOn: repliesTo(deps.botId),
    });
    const opened = await openFromRelay(fromRelay.challengeAnswer, answer, relay.key);
    if (!opened.ok) return opened.failure;
    const isAnswer = opened.message.nonce === nonce && opened.message.epoch === epoch;
    return isAnswer ? undefined : "another-question";
  } catch (error) {
    if (error instanceof BusError) return "no-answer";
    throw error;
  }
}
