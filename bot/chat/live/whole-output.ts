import type { Clock } from "../../../relay/process/clock.ts";
import { findExecution, outputLengthOf, readOutput } from "../../dispatch/executions.ts";
import type { Store } from "../../store/pool.ts";

export interface WholeOutputDeps {
  store: Store;
  clock: Pick<Clock, "monotonicMs" | "sleep">;
}

const PAUSE_MS = 100;
const GIVE_UP_AFTER_MS = 10_000;

/**
 * All that the last attempt of an ended execution has printed; undefined where not all of it
 * arrives in time. Its result may be stored before the last of its output.
 */
export async function readWholeOutput(
  { store, clock }: WholeOutputDeps,
  { workspaceId, executionId }: { workspaceId: string; executionId: string },
): Promise<Uint8Array | undefined> {
  const row = await findExecution(store, workspaceId, executionId);
  if (!row) return undefined;
  const key = { workspaceId, executionId, attempt: row.attempt };
  const pieces: Uint8Array[] = [];
  let offset = 0;
  let heardAtMs = clock.monotonicMs();
  while ((await outputLengthOf(store, key)) !== offset) {
    const { frames, nextOffset } = await readOutput(store, key, offset);
    pieces.push(...frames.map(({ bytes }) => bytes));
    if (nextOffset > offset) heardAtMs = clock.monotonicMs();
    else if (clock.monotonicMs() - heardAtMs > GIVE_UP_AFTER_MS) return undefined;
    else await clock.sleep(PAUSE_MS);
    offset = nextOffset;
  }
  return Buffer.concat(pieces);
}
