import { BusError, type MessageBus } from "../../relay/process/bus.ts";
import type { Clock } from "../../relay/process/clock.ts";
import { fromBot, fromRelay, openFromRelay } from "../../relay/wire/envelope.ts";
import { randomName } from "../../relay/wire/ids.ts";
import type { SigningKey, VerifyingKey } from "../../relay/wire/keys.ts";
import { downTo, repliesTo, replyFrom } from "../../relay/wire/subjects.ts";
import { signTo } from "./sign-to.ts";

const ANSWER_WITHIN_MS = 5_000;

interface ChallengeDeps {
  bus: MessageBus;
  key: SigningKey;
  botId: string;
  clock: Clock;
  /** Makes known that an answer was not what it claimed to be. */
  refused(kind: string, relayId: string, reason: string): void;
}

/**
 * Whether the process that announced this epoch lives and holds the relay's key: it signs a nonce
 * made just now, which no recorded message contains. What others answer is passed over.
 */
export async function challengeRelay(
  deps: ChallengeDeps,
  relay: { id: string; key: VerifyingKey },
  epoch: string,
  nonce: string,
): Promise<boolean> {
  const to = { relayId: relay.id, epoch, ttlMs: ANSWER_WITHIN_MS };
  const question = await signTo(deps, to, fromBot.challenge, { nonce });
  const isReply = async (answer: Uint8Array) => {
    const opened = await openFromRelay(fromRelay.challengeAnswer, answer, relay.key);
    const isAnswer = opened.ok && opened.message.nonce === nonce && opened.message.epoch === epoch;
    if (isAnswer) return true;
    deps.refused("challenge-answer", relay.id, opened.ok ? "another-question" : opened.failure);
    return false;
  };
  try {
    await deps.bus.request(downTo(relay.id), question, {
      timeoutMs: ANSWER_WITHIN_MS,
      replyTo: replyFrom(relay.id, deps.botId, randomName()),
      repliesOn: repliesTo(deps.botId),
      isReply,
    });
    return true;
  } catch (error) {
    if (error instanceof BusError) return false;
    throw error;
  }
}
