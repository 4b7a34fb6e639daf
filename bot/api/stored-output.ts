import { and, desc, eq, lte, sql } from "drizzle-orm";
import type { Frame, OutputStream } from "../../relay/wire/frames.ts";
import type { AttemptKey } from "../dispatch/execution-store.ts";
import { outputLengthOf, readOutput } from "../dispatch/executions.ts";
import type { Store } from "../store/pool.ts";
import { outputs } from "../store/schema.ts";

/** One frame of the stored output, and the offset behind it. */
export interface PlacedFrame {
  stream: OutputStream;
  bytes: Uint8Array;
  end: number;
}

export interface StoredOutput {
  /** The next stored frames, in order; none when there are no more for now. */
  next(): Promise<PlacedFrame[]>;
  /** Up to where everything has been read. */
  offset(): number;
}

const PIECES_AT_ONCE = 16;
/** What stands before each frame's bytes; see relay/wire/frames.ts. */
const FRAME_HEAD_BYTES = 5;

/** Reads from any offset between two frames, also from one inside a stored piece. */
export async function openOutput(
  store: Store,
  key: AttemptKey,
  from: number,
): Promise<StoredOutput> {
  let offset = from === 0 ? 0 : await startOfPiece(store, key, from);

  async function next(): Promise<PlacedFrame[]> {
    for (;;) {
      const { frames, nextOffset } = await readOutput(store, key, offset, PIECES_AT_ONCE);
      const placed = place(frames, offset);
      offset = nextOffset;
      const unseen = placed.filter(({ end }) => end > from);
      // Where all of these had been seen, there may be more behind them.
      if (unseen.length > 0 || placed.length === 0) return unseen;
    }
  }

  return { next, offset: () => offset };
}

function place(frames: readonly Frame[], start: number): PlacedFrame[] {
  let end = start;
  return frames.map(({ stream, bytes }) => {
    end += FRAME_HEAD_BYTES + bytes.length;
    return { stream, bytes, end };
  });
}

/** The stored piece that holds this offset. */
async function startOfPiece(store: Store, key: AttemptKey, offset: number): Promise<number> {
  const [piece] = await store.inWorkspace(key.workspaceId, (db) =>
    db
      .select({ start: outputs.startOffset })
      .from(outputs)
      .where(
        and(
          eq(outputs.executionId, key.executionId),
          eq(outputs.attempt, key.attempt),
          lte(outputs.startOffset, offset),
        ),
      )
      .orderBy(desc(outputs.startOffset))
      .limit(1),
  );
  return piece?.start ?? 0;
}

/** Whether all of it is stored, by the length that the relay has signed. */
export async function isOutputComplete(store: Store, key: AttemptKey): Promise<boolean> {
  const expected = await outputLengthOf(store, key);
  if (expected === undefined) return false;
  const [stored] = await store.inWorkspace(key.workspaceId, (db) =>
    db
      .select({ length: sql<string>`coalesce(sum(length(${outputs.frames})), 0)` })
      .from(outputs)
      .where(and(eq(outputs.executionId, key.executionId), eq(outputs.attempt, key.attempt))),
  );
  return Number(stored?.length) === expected;
}
