import type { Execution } from "../execution/execute.ts";
import { attemptKey } from "../journal/entry.ts";

interface AttemptName {
  executionId: string;
  attempt: number;
}

/** The attempts of this life of the relay: those in hand, and for a while those that were. */
export class InHand {
  readonly #executions = new Map<string, Execution>();
  readonly #live = new Set<string>();
  readonly #closed = new Map<string, number>();
  readonly #onChange: () => void;

  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  /** How many have not ended; those that only wait for a bot's receipt do not count. */
  get running(): number {
    return this.#live.size;
  }

  /** Whether an offer of this attempt has been taken before. */
  knows(of: AttemptName): boolean {
    const key = attemptKey(of);
    return this.#executions.has(key) || this.#closed.has(key);
  }

  find(of: AttemptName): Execution | undefined {
    return this.#executions.get(attemptKey(of));
  }

  all(): Execution[] {
    return [...this.#executions.values()];
  }

  /** `rememberUntilMs`: until then the same offer may come again. */
  add(of: AttemptName, execution: Execution, rememberUntilMs: number): void {
    const key = attemptKey(of);
    this.#executions.set(key, execution);
    this.#live.add(key);
    this.#onChange();
    void execution.ended.then(() => {
      this.#live.delete(key);
      this.#onChange();
    });
    void execution.settled.then(() => {
      this.#executions.delete(key);
      this.#closed.set(key, rememberUntilMs);
    });
  }

  /** Forgets attempts whose offer has expired. */
  prune(nowMs: number): void {
    for (const [key, untilMs] of this.#closed) if (untilMs < nowMs) this.#closed.delete(key);
  }
}
