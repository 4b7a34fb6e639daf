import type { Journal } from "../journal/journal.ts";
import { reach } from "../process/fault-point.ts";
import { fromRelay, signAsRelay } from "../wire/envelope.ts";
import type { AttemptName, Result } from "../wire/messages.ts";
import type { BotLink } from "./link.ts";
import type { Outcome } from "./outcome.ts";
import type { Questions } from "./questions.ts";
import type { Spool } from "./spool.ts";

export interface EndedAttempt extends AttemptName {
  /** The epoch in which it was permitted. */
  epoch: string;
  outcome: Outcome;
  /** Absent when it never began. */
  startedAt?: Date;
  durationMs: number;
}

/** Signs how an attempt ended, with the length and digest of its whole output. */
export function signResult(
  link: Pick<BotLink, "key" | "clock">,
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
    endedAt: new Date(link.clock.wallMs()).toISOString(),
    durationMs: Math.round(durationMs),
    outputLength: spool.length,
    outputDigest: spool.digest(),
    outputCut: spool.isCut,
  };
  return signAsRelay(link.key, fromRelay.result, body);
}

/**
 * Output before the result: what the journal calls finished is on the disk as a whole. On a disk
 * that takes nothing the result is sent all the same, and lost only if the relay ends before that.
 */
export async function keepResult(
  { link, journal }: { link: BotLink; journal: Journal },
  ended: EndedAttempt,
  spool: Spool,
): Promise<Uint8Array> {
  const { executionId, attempt } = ended;
  const result = await signResult(link, ended, spool);
  const entry = {
    executionId,
    attempt,
    result: Buffer.from(result).toString("latin1"),
    outputLength: spool.length,
    outputDigest: spool.digest(),
  };
  try {
    await spool.sync();
    await journal.append({ kind: "finished", ...entry });
  } catch (error) {
    link.log.error({ executionId, attempt, err: error }, "result not kept on disk");
  }
  reach("result-written", executionId);
  return result;
}

/**
 * Sends the result until a bot has confirmed it, and only then forgets the attempt: journal
 * first, then the spool. False if the relay stops before.
 */
export async function settleResult(
  questions: Questions,
  journal: Journal,
  { executionId, attempt }: AttemptName,
  result: Uint8Array,
): Promise<boolean> {
  if (!(await questions.confirm({ executionId, attempt }, result))) return false;
  reach("receipt-received", executionId);
  await journal.append({ kind: "settled", executionId, attempt });
  return true;
}
