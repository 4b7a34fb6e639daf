import type { ExecutionRow } from "../../bot/dispatch/executions.ts";
import type { EnrolledRelay } from "../../bot/relays/enrolled.ts";
import { attemptKey } from "../../relay/journal/entry.ts";
import type { AttemptName } from "../../relay/wire/messages.ts";

/** One permitted start. */
export interface StoredAttempt extends AttemptName {
  relayId: string;
  epoch: string;
  startedAt: Date;
  outcome: string | undefined;
}

export interface StoredResult {
  jws: string;
  relayId: string;
  outputLength: number;
  outputDigest: string;
}

export interface StoredEvent {
  kind: string;
  attempt: number;
  outcome?: string | undefined;
}

/** What one commit has done to an execution. */
export interface Change {
  before: ExecutionRow | undefined;
  after: ExecutionRow;
  event: string | undefined;
}

export interface MemoryDatabaseOptions {
  workspaceId: string;
  nowMs(): number;
  /** Called after each commit that changes an execution. */
  onChange?(change: Change): void;
}

/** The tables behind {@link memoryExecutions}: rows are replaced, never changed in place. */
export class MemoryDatabase {
  readonly workspaceId: string;
  readonly rows = new Map<string, ExecutionRow>();
  readonly users = new Map<string, string>();
  readonly relays = new Map<string, EnrolledRelay>();
  readonly attempts = new Map<string, StoredAttempt>();
  readonly results = new Map<string, StoredResult>();
  readonly outputs = new Map<string, Map<number, Uint8Array>>();
  readonly events = new Map<string, StoredEvent[]>();

  readonly #nowMs: () => number;
  readonly #onChange: (change: Change) => void;

  constructor({ workspaceId, nowMs, onChange = () => {} }: MemoryDatabaseOptions) {
    this.workspaceId = workspaceId;
    this.#nowMs = nowMs;
    this.#onChange = onChange;
  }

  now(): Date {
    return new Date(this.#nowMs());
  }

  /** Whether so long has passed since then. */
  isPast(since: Date | null, ms: number): boolean {
    return since !== null && since.getTime() + ms <= this.#nowMs();
  }

  find(workspaceId: string, executionId: string): ExecutionRow | undefined {
    return workspaceId === this.workspaceId ? this.rows.get(executionId) : undefined;
  }

  /** Replaces a row, with its audit events. */
  commit(
    before: ExecutionRow | undefined,
    after: ExecutionRow,
    event?: string,
    outcome?: string,
  ): ExecutionRow {
    this.rows.set(after.id, after);
    if (event) this.#append(after.id, { kind: event, attempt: after.attempt, outcome });
    if (event === "execution.ended") {
      this.#append(after.id, { kind: "invocation.ended", attempt: after.attempt, outcome });
    }
    this.#onChange({ before, after, event });
    return after;
  }

  eventsOf(executionId: string): readonly StoredEvent[] {
    return this.events.get(executionId) ?? [];
  }

  attemptsOf(executionId: string): StoredAttempt[] {
    return [...this.attempts.values()].filter((each) => each.executionId === executionId);
  }

  attempt(of: AttemptName): StoredAttempt | undefined {
    return this.attempts.get(attemptKey(of));
  }

  result(of: AttemptName): StoredResult | undefined {
    return this.results.get(attemptKey(of));
  }

  /** Whether one more with this key may be offered. */
  hasRoom({ concurrencyKey, concurrencyMax }: ConcurrencyLimit): boolean {
    if (concurrencyKey === null) return true;
    return this.countOf(concurrencyKey) < (concurrencyMax ?? Number.POSITIVE_INFINITY);
  }

  /** How many with this key are offered, run, or may run. */
  countOf(concurrencyKey: string): number {
    let count = 0;
    for (const row of this.rows.values()) {
      if (row.concurrencyKey === concurrencyKey && HOLDS_ROOM.has(row.state)) count += 1;
    }
    return count;
  }

  #append(executionId: string, event: StoredEvent): void {
    this.events.set(executionId, [...this.eventsOf(executionId), event]);
  }
}

type ConcurrencyLimit = Pick<ExecutionRow, "concurrencyKey" | "concurrencyMax">;

const HOLDS_ROOM: ReadonlySet<string> = new Set(["offered", "started", "unknown"]);
