import type { Timeline } from "./timeline.ts";

/** What happened in one schedule, in order. */
export class Trace {
  readonly lines: string[] = [];

  readonly #timeline: Timeline;
  readonly #isKept: boolean;

  constructor(timeline: Timeline, isKept: boolean) {
    this.#timeline = timeline;
    this.#isKept = isKept;
  }

  add(what: string, of = ""): void {
    if (!this.#isKept) return;
    const at = (this.#timeline.nowMs / 1000).toFixed(3).padStart(8);
    this.lines.push(`${at}  ${what}  ${of.replace(RANDOM, "*")}`);
  }
}

/** Names drawn anew each time, which nothing goes by. */
const RANDOM = /(?<=\.)[A-Za-z0-9_-]{16}$/;
