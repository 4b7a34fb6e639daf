import type { AttemptKey } from "../../bot/dispatch/execution-store.ts";
import { attemptKey } from "../../relay/journal/entry.ts";
import type { AttemptName } from "../../relay/wire/messages.ts";
import { OutputDigest } from "../../relay/wire/output-digest.ts";
import type { MemoryDatabase } from "./memory-database.ts";

const FARTHEST_AHEAD = 2 * 1024 * 1024;

/** Stores one piece of output; see store_output. */
export function storeOutput(
  db: MemoryDatabase,
  key: AttemptKey,
  relayId: string,
  offset: number,
  frames: Uint8Array,
): number | undefined {
  const row = db.find(key.workspaceId, key.executionId);
  if (!row || db.attempt(key)?.relayId !== relayId) return undefined;
  const most = row.spec.limits.outputBytes * 6 + 65_536;
  if (offset + frames.length > most) return undefined;
  const stored = db.outputs.get(attemptKey(key)) ?? new Map<number, Uint8Array>();
  const isNear = [...stored.keys()].some((start) => start >= offset - FARTHEST_AHEAD);
  if (offset > FARTHEST_AHEAD && !isNear) return undefined;
  const known = stored.get(offset);
  if (known) return offset + known.length;
  stored.set(offset, frames.slice());
  db.outputs.set(attemptKey(key), stored);
  return offset + frames.length;
}

/** Length and digest of the stored output up to its first gap, or of its first `most` bytes. */
export function storedOutput(
  db: MemoryDatabase,
  of: AttemptName,
  most = Number.POSITIVE_INFINITY,
): { length: number; digest: string } {
  const stored = db.outputs.get(attemptKey(of));
  const whole = new OutputDigest();
  let length = 0;
  for (let next = stored?.get(0); next && length < most; next = stored?.get(length)) {
    whole.update(next.subarray(0, most - length));
    length += next.length;
  }
  return { length: Math.min(length, most), digest: whole.value() };
}
