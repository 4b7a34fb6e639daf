import { fromBot, fromRelay } from "../../relay/wire/envelope.ts";
import { randomName } from "../../relay/wire/ids.ts";
import type { VerifyingKey } from "../../relay/wire/keys.ts";
import type { ImageAnswer } from "../../relay/wire/messages.ts";
import { type AskDeps, askRelay } from "../relays/ask-relay.ts";
import { signTo } from "../relays/sign-to.ts";

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
  return askRelay(deps, relay, {
    payload: await signTo(deps, to, fromBot.resolveImage, { nonce, image }),
    answer: fromRelay.imageAnswer,
    isAnswer: (message) => message.nonce === nonce,
    withinMs: ANSWER_WITHIN_MS,
  });
}
