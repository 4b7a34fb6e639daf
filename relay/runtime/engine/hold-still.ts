import type { OutputSink } from "../runtime.ts";

export interface HoldDeps {
  /** False where that cannot be: it has ended, or the engine is not able to. */
  freeze(): Promise<boolean>;
  thaw(): Promise<void>;
  /** Takes what the engine holds to memory meanwhile. */
  ahead: { start(): void; stop(): void };
  /** For how long the sink may take nothing before that; undefined: for ever. */
  patienceMs: number | undefined;
}

export interface HeldSink {
  sink: OutputSink;
  /** Lets what stands still go on, for good: it is about to be ended. */
  letEnd(): Promise<void>;
  /** Resolves when nothing stands still any more. */
  settled(): Promise<void>;
}

/** What has just ended is locked for as long as dockerd waits: then there is no answer in time. */
const ANSWER_MS = 500;

/**
 * While a sink takes nothing, the command stands still, and so cannot end with output that the
 * engine would throw away. What has ended before that is read to memory at once.
 */
export function holdStill(sink: OutputSink, deps: HoldDeps): HeldSink {
  const { freeze, thaw, ahead, patienceMs } = deps;
  let holding: Promise<void> | undefined;
  let isFrozen = false;
  let isEnding = false;

  async function release(): Promise<void> {
    if (!isFrozen) return;
    isFrozen = false;
    await thaw();
  }

  async function freezeUnlessEnding(): Promise<void> {
    const late = setTimeout(ahead.start, ANSWER_MS);
    isFrozen = !isEnding && (await freeze());
    clearTimeout(late);
    if (isEnding) await release();
  }

  async function hold(taken: Promise<void>): Promise<void> {
    await freezeUnlessEnding();
    if (isFrozen) ahead.stop();
    else ahead.start();
    await taken.catch(() => {});
    ahead.stop();
    await release();
    holding = undefined;
  }

  return {
    async sink(...piece) {
      await holding;
      if (patienceMs === undefined) return sink(...piece);
      const taken = sink(...piece);
      const timer = setTimeout(() => {
        holding = hold(taken);
      }, patienceMs);
      await taken.finally(() => clearTimeout(timer));
    },
    async letEnd() {
      isEnding = true;
      if (holding) ahead.start();
      await release();
    },
    settled: async () => holding,
  };
}
