import { fromBot, fromRelay, signAsRelay } from "../wire/envelope.ts";
import type { Permit } from "../wire/messages.ts";
import { upFrom } from "../wire/subjects.ts";
import { type Answer, askBots } from "./ask-bots.ts";
import type { BotLink } from "./link.ts";

/**
 * Claims an attempt: asks until a bot says yes or no, since a bot may have committed the start
 * although its answer was lost. Undefined once `signal` fires.
 */
export async function claim(
  link: BotLink,
  of: { executionId: string; attempt: number },
  signal: AbortSignal,
): Promise<Answer<Permit> | undefined> {
  const { executionId, attempt } = of;
  const body = { executionId, attempt, epoch: link.epoch };
  return askBots(
    link,
    {
      subjects: [upFrom(link.relayId, "claim")],
      payload: await signAsRelay(link.key, fromRelay.claim, body),
      timeoutMs: link.waits.claimMs,
      kind: fromBot.permit,
      isAnswer: (permit) => permit.executionId === executionId && permit.attempt === attempt,
    },
    signal,
  );
}

/** By this relay's own clock, from the question on, so that no other clock matters. */
export function isFresh(link: BotLink, permit: Answer<Permit>): boolean {
  return performance.now() - permit.askedAtMs <= link.waits.permitMs;
}
