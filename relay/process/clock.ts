import { setTimeout as pause } from "node:timers/promises";

/**
 * Time, as the protocol sees it. Both programs go by the clock of their process; the model test
 * goes by one of its own, so that a schedule of hours takes no time and can be replayed.
 */
export interface Clock {
  /** Milliseconds since 1970, as other hosts also count; it may jump. */
  wallMs(): number;
  /** Milliseconds that only ever go on, and mean nothing outside this process. */
  monotonicMs(): number;
  /** Resolves after this long, or at once when `signal` fires. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Calls once, unless cancelled before. */
  after(ms: number, act: () => void): Timer;
  /** Calls again and again, until cancelled. */
  every(ms: number, act: () => void): Timer;
  /** At least 0 and less than 1, so that neighbours do not wait equally long. */
  jitter(): number;
}

export interface Timer {
  cancel(): void;
}

/** The longest that a timer of this platform can wait; longer is as good as never. */
const LONGEST_MS = 2 ** 31 - 1;

export const systemClock: Clock = {
  wallMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  async sleep(ms, signal) {
    await pause(Math.min(ms, LONGEST_MS), undefined, signal && { signal }).catch(() => {});
  },
  after(ms, act) {
    const timer = setTimeout(act, Math.min(ms, LONGEST_MS));
    return { cancel: () => clearTimeout(timer) };
  },
  every(ms, act) {
    const timer = setInterval(act, Math.min(ms, LONGEST_MS));
    return { cancel: () => clearInterval(timer) };
  },
  jitter: Math.random,
};
