import { attemptKey, type JournalRecord } from "../../relay/journal/entry.ts";
import type { AttemptName } from "../../relay/wire/messages.ts";
import type { Change, MemoryDatabase } from "./memory-database.ts";

/** A command that has begun on a host. */
export interface Begun extends AttemptName {
  relayId: string;
  epoch: string;
  /** How old its permit was, by the relay's own clock; infinite without one. */
  permitAgeMs: number;
}

/** What just happened, where a contract has something to say. */
export type Happening =
  | ({ kind: "changed" } & Change)
  | ({ kind: "begun" } & Begun)
  | ({ kind: "receipted"; relayId: string } & AttemptName)
  | { kind: "forgotten"; relayId: string; epoch: string; record: JournalRecord };

/** What the contracts go by: the database, and what was seen beside it. */
export class Facts {
  readonly db: MemoryDatabase;
  readonly nowMs: () => number;
  readonly permitMs: number;
  readonly begun: Begun[] = [];
  /** When a bot has last told the database that it hears this life of a relay (`relay/epoch`). */
  readonly heardAtMs = new Map<string, number>();
  /** Attempts that are in no journal any more, because a disk or a moment has lost them. */
  readonly lost = new Set<string>();
  /** Attempts whose relay has had a power cut: it may have sent more than its disk had kept. */
  readonly torn = new Set<string>();
  /** Attempts whose end a relay has on its disk, and which relay. */
  readonly finished = new Map<string, AttemptName & { relayId: string }>();
  /** Relays that are heard no more. */
  readonly removed = new Set<string>();

  constructor(db: MemoryDatabase, nowMs: () => number, permitMs: number) {
    this.db = db;
    this.nowMs = nowMs;
    this.permitMs = permitMs;
  }

  timesBegun(executionId: string, attempt?: number): number {
    return this.begun.filter(
      (each) =>
        each.executionId === executionId && (attempt === undefined || each.attempt === attempt),
    ).length;
  }

  isLost(of: AttemptName): boolean {
    return this.lost.has(attemptKey(of));
  }
}
