import { basename, join } from "node:path";
import type { JournalRecord } from "../journal/entry.ts";
import type { Journal } from "../journal/journal.ts";
import type { Disk } from "../process/disk.ts";
import type { ContainerRuntime } from "../runtime/runtime.ts";
import type { BotLink } from "./link.ts";
import type { Outcome } from "./outcome.ts";
import type { Questions } from "./questions.ts";
import { sendOutput } from "./send-output.ts";
import { settleResult, signResult } from "./settle.ts";
import { Spool, spoolPath } from "./spool.ts";
import { groupSegments } from "./spool-recover.ts";
import { segmentPath } from "./spool-segment.ts";
import type { SpoolSpace } from "./spool-space.ts";

export interface RecoverDeps {
  /** There is no bus yet. */
  link: Pick<BotLink, "key" | "epoch" | "clock" | "log">;
  journal: Journal;
  disk: Disk;
  spoolDirectory: string;
  runtimes: readonly ContainerRuntime[];
  /** What is found counts against it. */
  space?: SpoolSpace;
}

/** An attempt of an earlier life of the relay whose end the bots have not confirmed. */
export interface Recovered {
  executionId: string;
  attempt: number;
  /** Sends what is left; resolves when it is confirmed or `abandon` has fired. */
  settle(link: BotLink, questions: Questions, abandon: AbortSignal): Promise<void>;
}

/**
 * Settles what the journal left open, before anything new is taken:
 *
 * ```
 * claimed, not permitted       nothing has begun            result: not-begun
 * permitted, not finished      may have begun; removed      result: interrupted, with its output
 * finished, not settled        the result that was signed   sent again
 * ```
 */
export async function recover(deps: RecoverDeps): Promise<Recovered[]> {
  const records = deps.journal.records();
  const recovered: Recovered[] = [];
  const names = await deps.disk.list(deps.spoolDirectory);
  const segments = groupSegments(names);
  for (const record of records) {
    const numbers = segments.get(spoolName(record)) ?? [];
    recovered.push(await recoverOne(deps, record, numbers));
    segments.delete(spoolName(record));
  }
  await removeStraySpools(deps, segments);
  return recovered;
}

function spoolName(of: JournalRecord): string {
  return basename(spoolPath("", of));
}

async function recoverOne(
  deps: RecoverDeps,
  record: JournalRecord,
  segments: readonly number[],
): Promise<Recovered> {
  const { executionId, attempt, permitted } = record;
  await removeLeftOver(deps, record);
  const path = spoolPath(deps.spoolDirectory, record);
  const spool = new Spool(deps.disk, path, 0, deps.space);
  await spool.recover(segments);
  spool.end();
  const result = await resultOf(deps, record, spool);

  async function settle(link: BotLink, questions: Questions, abandon: AbortSignal) {
    const of = { executionId, attempt, bot: permitted?.bot ?? "none" };
    try {
      const isSent = await sendOutput(link, of, spool, { resumed: true }, abandon);
      if (!isSent) return;
      const isSettled = await settleResult(questions, deps.journal, of, result);
      if (isSettled) await spool.remove();
    } finally {
      await spool.close();
    }
  }

  return { executionId, attempt, settle };
}

async function removeLeftOver(deps: RecoverDeps, record: JournalRecord): Promise<void> {
  const handle = record.created?.handle;
  if (!handle || record.finished) return;
  const runtime = deps.runtimes.find(({ name }) => name === handle.runtime);
  if (runtime) await runtime.remove(handle);
  else deps.link.log.warn({ handle }, "left-over process not removed: its runtime is not here");
}

async function resultOf(
  deps: RecoverDeps,
  record: JournalRecord,
  spool: Spool,
): Promise<Uint8Array> {
  const { executionId, attempt, claimed, permitted, finished } = record;
  if (finished) {
    if (spool.length !== finished.outputLength) {
      deps.link.log.error({ executionId, attempt }, "the spool lacks output that was on it");
    }
    return Buffer.from(finished.result, "latin1");
  }
  const outcome: Outcome = permitted
    ? { status: "interrupted", reason: "the relay restarted while it ran" }
    : { status: "not-begun", reason: "the relay restarted before it began" };
  const result = await signResult(
    deps.link,
    {
      executionId,
      attempt,
      epoch: claimed?.epoch ?? deps.link.epoch,
      outcome,
      ...(permitted && { startedAt: new Date(permitted.at) }),
      durationMs: 0,
    },
    spool,
  );
  await keepResult(deps.journal, record, result, spool);
  return result;
}

/** The next restart sends the very same result. */
async function keepResult(
  journal: Journal,
  { executionId, attempt }: JournalRecord,
  result: Uint8Array,
  spool: Spool,
): Promise<void> {
  await spool.sync();
  await journal.append({
    kind: "finished",
    executionId,
    attempt,
    result: Buffer.from(result).toString("latin1"),
    outputLength: spool.length,
    outputDigest: spool.digest(),
  });
}

/** Files of attempts that were settled when the relay ended before it had removed them. */
async function removeStraySpools(
  { disk, spoolDirectory }: RecoverDeps,
  strays: ReadonlyMap<string, readonly number[]>,
): Promise<void> {
  for (const [name, numbers] of strays) {
    for (const number of numbers)
      await disk.remove(segmentPath(join(spoolDirectory, name), number));
  }
}
