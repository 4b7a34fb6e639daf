import { setTimeout as delay } from "node:timers/promises";
import type { Random } from "./random.ts";
import type { Trouble } from "./troubles.ts";

export interface TroubleMaker {
  /** How often each trouble has happened. */
  readonly counts: ReadonlyMap<string, number>;
  /** Troubles that did not end as they should, such as a bot that does not start again. */
  readonly faults: readonly string[];
  /** Makes no new trouble; resolves when everything is whole again. */
  stop(): Promise<void>;
}

/** Up to so many parts are in trouble at once. */
const AT_ONCE = 3;

export function startTroubles(
  troubles: readonly Trouble[],
  random: Random,
  pauseMs: number,
): TroubleMaker {
  const counts = new Map<string, number>();
  const faults: string[] = [];
  const underWay = new Map<string, Promise<void>>();
  const stopping = new AbortController();

  async function suffer(trouble: Trouble): Promise<void> {
    counts.set(trouble.name, (counts.get(trouble.name) ?? 0) + 1);
    try {
      await trouble.happen(random);
    } catch (error) {
      faults.push(`${trouble.part}: ${error instanceof Error ? error.message : String(error)}`);
    } finally {
      underWay.delete(trouble.part);
    }
  }

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      const trouble = random.pick(troubles);
      if (underWay.size < AT_ONCE && !underWay.has(trouble.part)) {
        underWay.set(trouble.part, suffer(trouble));
      }
      const signal = stopping.signal;
      await delay(random.between(pauseMs / 2, pauseMs * 1.5), undefined, { signal }).catch(
        () => {},
      );
    }
    await Promise.all(underWay.values());
  }

  const running = run();
  return {
    counts,
    faults,
    async stop() {
      stopping.abort();
      await running;
    },
  };
}
