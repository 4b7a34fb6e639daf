import type { Timer } from "../../relay/process/clock.ts";

interface Event {
  atMs: number;
  number: number;
  act: (() => void) | undefined;
}

/**
 * Simulated time: what is to happen is done in its order, one event after the other, and whatever
 * an event sets going in promises has come to rest before the next one.
 */
export class Timeline {
  nowMs = 0;

  readonly #heap: Event[] = [];
  #number = 0;

  at(atMs: number, act: () => void): Timer {
    const event: Event = { atMs: Math.max(atMs, this.nowMs), number: ++this.#number, act };
    this.#push(event);
    return {
      cancel() {
        event.act = undefined;
      },
    };
  }

  in(ms: number, act: () => void): Timer {
    return this.at(this.nowMs + ms, act);
  }

  /** Runs until `isDone`, asked after each event, or until nothing is left to happen. */
  run(isDone: () => boolean): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    let hasEnded = false;
    let queued = 0;
    const step = () => {
      queued -= 1;
      if (hasEnded) return;
      if (isDone() || !this.#actNext()) {
        hasEnded = true;
        resolve();
      } else if (queued === 0) queue();
    };
    // Promises settle between two of these; together they cost the event loop one turn.
    const queue = () => {
      queued = STEPS_AT_ONCE;
      for (let step0 = 0; step0 < STEPS_AT_ONCE; step0++) setImmediate(step);
    };
    queue();
    return promise;
  }

  #actNext(): boolean {
    for (let event = this.#pop(); event; event = this.#pop()) {
      if (!event.act) continue;
      this.nowMs = event.atMs;
      event.act();
      return true;
    }
    return false;
  }

  #push(event: Event): void {
    const heap = this.#heap;
    let index = heap.length;
    heap.push(event);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = heap[parent];
      if (!above || isBefore(above, event)) break;
      heap[index] = above;
      index = parent;
    }
    heap[index] = event;
  }

  #pop(): Event | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (first && last && first !== last) this.#sink(last);
    return first;
  }

  #sink(event: Event): void {
    const heap = this.#heap;
    let index = 0;
    for (;;) {
      const [left, right] = [heap[2 * index + 1], heap[2 * index + 2]];
      const isRight = left && right && isBefore(right, left);
      const below = isRight ? right : left;
      if (!below || isBefore(event, below)) break;
      heap[index] = below;
      index = 2 * index + (isRight ? 2 : 1);
    }
    heap[index] = event;
  }
}

const STEPS_AT_ONCE = 64;

function isBefore(one: Event, other: Event): boolean {
  return one.atMs < other.atMs || (one.atMs === other.atMs && one.number < other.number);
}
