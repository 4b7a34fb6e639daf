import { fromBot, fromRelay } from "../../relay/wire/envelope.ts";
import type { VerifyingKey } from "../../relay/wire/keys.ts";
import { type AskDeps, askRelay } from "./ask-relay.ts";
import { signTo } from "./sign-to.ts";

const ANSWER_WITHIN_MS = 5_000;

/**
 * Whether the process that announced this epoch lives and holds the relay's key: it signs a nonce
 * made just now, which no recorded message contains.
 */
export async function challengeRelay(
  deps: AskDeps,
  relay: { id: string; key: VerifyingKey },
  epoch: string,
  nonce: string,
): Promise<boolean> {
  const to = { relayId: relay.id, epoch, ttlMs: ANSWER_WITHIN_MS };
  const answer = await askRelay(deps, relay, {
    payload: await signTo(deps, to, fromBot.challenge, { nonce }),
    answer: fromRelay.challengeAnswer,
    isAnswer: (message) => message.nonce === nonce && message.epoch === epoch,
    withinMs: ANSWER_WITHIN_MS,
  });
  return answer !== undefined;
}
