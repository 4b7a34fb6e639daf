import { BusError, type MessageBus } from "../../relay/process/bus.ts";
import type { Clock } from "../../relay/process/clock.ts";
import { fromBot, fromRelay, openFromRelay } from "../../relay/wire/envelope.ts";
import { randomName } from "../../relay/wire/ids.ts";
import type { SigningKey, VerifyingKey } from "../../relay/wire/keys.ts";
import type { ImageAnswer } from "../../relay/wire/messages.ts";
import { downTo, repliesTo, replyFrom } from "../../relay/wire/subjects.ts";
import { signTo } from "../relays/sign-to.ts";

export interface AskDeps {
  bus: MessageBus;
  key: SigningKey;
  botId: string;
  clock: Clock;
  /** Makes known that an answer was not what it claimed to be. */
  refused(kind: string, relayId: string, reason: string): void;
}

/** A relay waits for a while itself before it says that the image is on its way. */
const ANSWER_WITHIN_MS = 10_000;

/** Which bytes an image's name means on this relay; undefined where it does not answer. */
export async function askImage(
  deps: AskDeps,
  relay: { id: string; key: VerifyingKey; epoch: string },
  image: string,
): Promise<ImageAnswer | undefined> {
  const to = { relayId: relay.id, epoch: relay.epoch, ttlMs: ANSWER_WITHIN_MS };
  const nonce = randomName();
  const question = await signTo(deps, to, fromBot.resolveImage, { nonce, image });
  let answer: ImageAnswer | undefined;
  const isReply = async (payload: Uint8Array) => {
    const opened = await openFromRelay(fromRelay.imageAnswer, payload, relay.key);
    if (opened.ok && opened.message.nonce === nonce) answer = opened.message;
    else deps.refused("image-answer", relay.id, opened.ok ? "another-question" : opened.failure);
    return answer !== undefined;
  };
  try {
    await deps.bus.request(downTo(relay.id), question, {
      timeoutMs: ANSWER_WITHIN_MS,
      replyTo: replyFrom(relay.id, deps.botId, randomName()),
      repliesOn: repliesTo(deps.botId),
      isReply,
    });
    return answer;
  } catch (error) {
    if (error instanceof BusError) return undefined;
    throw error;
  }
}
