import type { Logger } from "pino";
import type { ExecutionEnd } from "../../dispatch/live.ts";
import type { Calls } from "./calls.ts";

const SIGNS = { seen: "👀", running: "⏳", done: "✅", failed: "❌" } as const;
export type Mark = keyof typeof SIGNS;

/** The one reaction that says how the matter of a message stands. */
export interface Reaction {
  set(mark: Mark): void;
}

export function markOf({ state }: ExecutionEnd): Mark {
  return state === "succeeded" ? "done" : "failed";
}

/** One after the other; what is already out of date is not put at all. */
export function createReaction(
  { calls, log }: { calls: Calls; log: Logger },
  { channel, message }: { channel: string; message: string },
): Reaction {
  let wanted: Mark | undefined;
  let shown: Mark | undefined;
  let isWorking = false;

  async function catchUp(): Promise<void> {
    while (wanted !== undefined && wanted !== shown) {
      const [before, next] = [shown, wanted];
      shown = next;
      await calls.react(channel, message, SIGNS[next]);
      if (before !== undefined) await calls.unreact(channel, message, SIGNS[before]);
    }
  }

  return {
    set(mark) {
      wanted = mark;
      if (isWorking) return;
      isWorking = true;
      catchUp()
        .catch((error: unknown) => log.debug({ err: error }, "a reaction could not be put"))
        .finally(() => {
          isWorking = false;
        });
    },
  };
}
