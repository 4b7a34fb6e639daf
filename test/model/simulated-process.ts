import type { Clock, Timer } from "../../relay/process/clock.ts";
import type { Random } from "./random.ts";
import type { Timeline } from "./timeline.ts";

/** 2026-01-01, so that dates look like dates. */
const EPOCH_MS = 1_767_225_600_000;

/**
 * One life of a program. Once killed it sees nothing any more, whatever its promises still wait
 * for; paused, it sees later all that came meanwhile.
 */
export class SimulatedProcess {
  readonly name: string;
  readonly clock: Clock;
  isAlive = true;
  /** How far its host's wall clock is off. */
  wallOffsetMs = 0;

  readonly #timeline: Timeline;
  #held: (() => void)[] | undefined;

  constructor(name: string, timeline: Timeline, random: Random) {
    this.name = name;
    this.#timeline = timeline;
    this.clock = this.#clockOf(random);
  }

  get isPaused(): boolean {
    return this.#held !== undefined;
  }

  /** Lets it see something now. */
  see(act: () => void): void {
    if (!this.isAlive) return;
    if (this.#held) this.#held.push(act);
    else act();
  }

  in(ms: number, act: () => void): Timer {
    return this.#timeline.in(ms, () => this.see(act));
  }

  /** Resolves after so long, in this life. */
  wait(ms: number): Promise<void> {
    return new Promise((resolve) => void this.in(ms, resolve));
  }

  /** What came from outside of this life, as it sees it. */
  guard<T>(outcome: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      outcome.then(
        (value) => this.see(() => resolve(value)),
        (error: unknown) => this.see(() => reject(error)),
      );
    });
  }

  pause(): void {
    this.#held ??= [];
  }

  resume(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const act of held) this.#timeline.in(0, () => this.see(act));
  }

  kill(): void {
    this.isAlive = false;
    this.#held = undefined;
  }

  #clockOf(random: Random): Clock {
    const timeline = this.#timeline;
    return {
      wallMs: () => EPOCH_MS + timeline.nowMs + this.wallOffsetMs,
      monotonicMs: () => timeline.nowMs,
      sleep: (ms, signal) => this.#sleep(ms, signal),
      after: (ms, act) => this.in(ms, act),
      every: (ms, act) => this.#every(ms, act),
      jitter: () => random.next(),
    };
  }

  #sleep(ms: number, signal: AbortSignal | undefined): Promise<void> {
    if (signal?.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = () => {
        timer.cancel();
        signal?.removeEventListener("abort", wake);
        resolve();
      };
      const timer = this.in(ms, wake);
      signal?.addEventListener("abort", wake);
    });
  }

  #every(ms: number, act: () => void): Timer {
    let timer = this.in(ms, again);
    const next = () => this.in(ms, again);
    function again(): void {
      timer = next();
      act();
    }
    return { cancel: () => timer.cancel() };
  }
}
