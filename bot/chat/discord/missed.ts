import type { Calls } from "./calls.ts";
import { firstIdAt, isLater, type MessageEvent } from "./events.ts";

/** What is older is history, and nobody waits for an answer any more. */
const LOOK_BACK_MS = 10 * 60_000;
/** Two that are sent at one time may arrive in any order. */
const OVERLAP_MS = 5_000;
const MOST_PAGES = 10;

/** How far everything that was said has been heard. */
export interface Heard {
  note(messageId: string): void;
  /** What came after it may have been missed; undefined before anything could be. */
  missedAfter(nowMs: number): string | undefined;
}

export function createHeard(): Heard {
  let newest: string | undefined;
  return {
    note(messageId) {
      if (newest === undefined || isLater(messageId, newest)) newest = messageId;
    },
    missedAfter(nowMs) {
      if (newest === undefined) return undefined;
      const overlap = String(BigInt(newest) - (BigInt(OVERLAP_MS) << 22n));
      const oldest = firstIdAt(nowMs - LOOK_BACK_MS);
      return isLater(oldest, overlap) ? oldest : overlap;
    },
  };
}

/** Reads what was said in a channel after one message, page by page, oldest first. */
export async function* readMissed(
  calls: Pick<Calls, "readHistory">,
  channel: string,
  after: string,
): AsyncGenerator<MessageEvent> {
  let last = after;
  for (let page = 0; page < MOST_PAGES; page++) {
    const messages = await calls.readHistory(channel, last);
    yield* messages;
    const newest = messages.at(-1);
    if (!newest) return;
    last = newest.id;
  }
}
