import { z } from "zod";

const Attempt = { executionId: z.uuid(), attempt: z.int().positive() };

/**
 * What a relay writes down about one attempt, in this order:
 *
 * ```
 * claimed ─► permitted ─► created ─► finished ─► settled
 *    │  not begun  │      may have begun      │ ended; a bot has not confirmed it yet
 *    └─► settled: a bot said no
 * ```
 */
export const JournalEntry = z.discriminatedUnion("kind", [
  /** The question is on its way; a bot may have committed the start, and nothing has begun. */
  z.object({ kind: z.literal("claimed"), ...Attempt, epoch: z.string() }),
  /** On disk before anything is started. `bot` owns the reply. */
  z.object({ kind: z.literal("permitted"), ...Attempt, bot: z.string(), at: z.iso.datetime() }),
  z.object({
    kind: z.literal("created"),
    ...Attempt,
    handle: z.object({ runtime: z.string(), id: z.string(), startMark: z.string() }),
  }),
  /** `result` is the signed result, as it is sent. */
  z.object({
    kind: z.literal("finished"),
    ...Attempt,
    result: z.string(),
    outputLength: z.int().nonnegative(),
    outputDigest: z.string(),
  }),
  z.object({ kind: z.literal("settled"), ...Attempt }),
]);
export type JournalEntry = z.infer<typeof JournalEntry>;

type EntryOf<Kind extends JournalEntry["kind"]> = Extract<JournalEntry, { kind: Kind }>;

/** All that is written about an attempt that is not settled. */
export interface JournalRecord {
  executionId: string;
  attempt: number;
  claimed?: EntryOf<"claimed">;
  permitted?: EntryOf<"permitted">;
  created?: EntryOf<"created">;
  finished?: EntryOf<"finished">;
}

export function attemptKey(of: { executionId: string; attempt: number }): string {
  return `${of.executionId}/${of.attempt}`;
}

/** Adds an entry to what is known; a settled attempt is forgotten. */
export function applyEntry(records: Map<string, JournalRecord>, entry: JournalEntry): void {
  const key = attemptKey(entry);
  if (entry.kind === "settled") {
    records.delete(key);
    return;
  }
  const { executionId, attempt } = entry;
  records.set(key, { ...records.get(key), executionId, attempt, [entry.kind]: entry });
}

/** The entries that lead to these records. */
export function entriesOf(records: Iterable<JournalRecord>): JournalEntry[] {
  return [...records].flatMap(({ claimed, permitted, created, finished }) =>
    [claimed, permitted, created, finished].filter((entry) => entry !== undefined),
  );
}
