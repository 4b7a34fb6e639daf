import type { Journal } from "../journal/journal.ts";
import { fromBot, fromRelay, signAsRelay } from "../wire/envelope.ts";
import type { Result } from "../wire/messages.ts";
import { upFrom } from "../wire/subjects.ts";
import { askBots } from "./ask-bots.ts";
import type { BotLink } from "./link.ts";
import type { Outcome } from "./outcome.ts";
import { isReceiptOf } from "./send-output.ts";
import type { Spool } from "./spool.ts";

export interface EndedAttempt {
  executionId: string;
  attempt: number;
  /** The epoch in which it was permitted. */
  epoch: string;
  outcome: Outcome;
  /** Absent when it never began. */
  startedAt?: Date;
  durationMs: number;
}

/** Signs how an attempt ended, with the length and digest of its whole output. */
export function signResult(
  link: Pick<BotLink, "key">,
  ended: EndedAttempt,
  spool: Spool,
): Promise<Uint8Array> {
  const { executionId, attempt, epoch, outcome, startedAt, durationMs } = ended;
  const body: Omit<Result, "version"> = {
    executionId,
    attempt,
    epoch,
    ...outcome,
    ...(startedAt && { startedAt: startedAt.toISOString() }),
    endedAt: new Date().toISOString(),
    durationMs: Math.round(durationMs),
    outputLength: spool.length,
    outputDigest: spool.digest(),
    outputCut: spool.isCut,
  };
  return signAsRelay(link.key, fromRelay.result, body);
}

/**
 * Sends the result until a bot has confirmed it, and only then forgets the attempt: journal
 * first, then the spool. False if `signal` fires before.
 */
export async function settleResult(
  link: BotLink,
  journal: Journal,
  of: { executionId: string; attempt: number },
  result: Uint8Array,
  signal: AbortSignal,
): Promise<boolean> {
  const { executionId, attempt } = of;
  const receipt = await askBots(
    link,
    {
      subjects: [upFrom(link.relayId, "result")],
      payload: result,
      timeoutMs: link.waits.confirmMs,
      kind: fromBot.receipt,
      isAnswer: (message) => isReceiptOf(message, "result", of),
    },
    signal,
  );
  if (!receipt) return false;
  await journal.append({ kind: "settled", executionId, attempt });
  return true;
}
