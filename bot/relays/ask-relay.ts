import { BusError, type MessageBus } from "../../relay/process/bus.ts";
import type { Clock } from "../../relay/process/clock.ts";
import { type Kind, openFromRelay } from "../../relay/wire/envelope.ts";
import { randomName } from "../../relay/wire/ids.ts";
import type { SigningKey, VerifyingKey } from "../../relay/wire/keys.ts";
import { downTo, repliesTo, replyFrom } from "../../relay/wire/subjects.ts";

export interface AskDeps {
  bus: MessageBus;
  key: SigningKey;
  botId: string;
  clock: Clock;
  /** Makes known that an answer was not what it claimed to be. */
  refused(kind: string, relayId: string, reason: string): void;
}

interface Question<T extends { version: 1 }> {
  /** Signed to this relay. */
  payload: Uint8Array;
  answer: Kind<T>;
  /** Whether what the relay has signed answers this very question. */
  isAnswer(message: T): boolean;
  withinMs: number;
}

/**
 * What the relay has signed in answer to a question; undefined where it does not answer in time.
 * What others answer is made known and passed over.
 */
export async function askRelay<T extends { version: 1 }>(
  { bus, botId, refused }: AskDeps,
  relay: { id: string; key: VerifyingKey },
  { payload, answer, isAnswer, withinMs }: Question<T>,
): Promise<T | undefined> {
  let found: T | undefined;
  const isReply = async (reply: Uint8Array) => {
    const opened = await openFromRelay(answer, reply, relay.key);
    if (opened.ok && isAnswer(opened.message)) {
      found = opened.message;
      return true;
    }
    refused(
      answer.typ.replace(/^aldis-/, ""),
      relay.id,
      opened.ok ? "another-question" : opened.failure,
    );
    return false;
  };
  try {
    await bus.request(downTo(relay.id), payload, {
      timeoutMs: withinMs,
      replyTo: replyFrom(relay.id, botId, randomName()),
      repliesOn: repliesTo(botId),
      isReply,
    });
    return found;
  } catch (error) {
    if (error instanceof BusError) return undefined;
    throw error;
  }
}
