import type { Logger } from "pino";
import type { Clock } from "../../../relay/process/clock.ts";
import { refusalOf, type SlackCalls } from "./calls.ts";

/** What the reaction on a person's message says of it. */
export type Mark = "seen" | "running" | "done" | "failed";

export interface Reaction {
  set(mark: Mark): void;
}

export interface ReactionDeps {
  calls: SlackCalls;
  clock: Pick<Clock, "sleep">;
  log: Logger;
}

const NAMES: Readonly<Record<Mark, string>> = {
  seen: "eyes",
  running: "hourglass_flowing_sand",
  done: "white_check_mark",
  failed: "x",
};

/** What is over sooner than this gets one reaction, not three. */
const SETTLE_MS = 300;

/**
 * One reaction on one message: the newest mark. What was set meanwhile is skipped; a reaction
 * that cannot be set is no loss.
 */
export function createReaction(
  { calls, clock, log }: ReactionDeps,
  place: { channel: string; timestamp: string },
): Reaction {
  let wanted: Mark | undefined;
  let shown: Mark | undefined;
  let isBusy = false;

  async function follow(): Promise<void> {
    await clock.sleep(SETTLE_MS);
    while (wanted !== undefined && wanted !== shown) {
      const [before, next] = [shown, wanted];
      await react("reactions.add", next);
      if (before !== undefined) await react("reactions.remove", before);
      shown = next;
    }
  }

  async function react(method: string, mark: Mark): Promise<void> {
    try {
      await calls.call(method, { ...place, name: NAMES[mark] }, { urgency: "spare" });
    } catch (error) {
      log.debug({ refusal: refusalOf(error) ?? String(error), mark }, "a reaction was not set");
    }
  }

  return {
    set(mark) {
      wanted = mark;
      if (isBusy) return;
      isBusy = true;
      void follow().finally(() => {
        isBusy = false;
      });
    },
  };
}
