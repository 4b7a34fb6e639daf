import type { AttemptName, Result } from "../../relay/wire/messages.ts";
import type { ExecutionRow } from "./executions.ts";

/** One attempt at one execution of a workspace. */
export interface AttemptKey extends AttemptName {
  workspaceId: string;
}

/** Whom an execution is offered to, and by which bot. */
export interface Offering {
  relayId: string;
  epoch: string;
  botId: string;
}

/** `granted`, and whose the reply is; or the state that stands in the way. */
export interface Start {
  answer: string;
  replyBot?: string | undefined;
  /** For how long the relay may begin: later it may be called lost. */
  goodForMs?: number | undefined;
}

/**
 * What a result came to: `requeued` is free to be offered again, `late` found the execution ended
 * some other way and is kept beside it, `not yours` names an attempt that this relay never had.
 */
export type Settled = "settled" | "requeued" | "repeat" | "late" | "not yours";

/** A waiting execution as the database tells of it, which is not yet believed. */
export interface Waiting {
  row: ExecutionRow;
  userId: string | null;
  /** By the audit events, which nobody can take back. */
  hasEnded: boolean;
  /** By the attempts on record, which nobody can take back either. */
  wasStarted: boolean;
}

/** An execution that somebody has to look at. */
export interface Open extends Waiting {
  /** Offered, and not claimed within its offer_timeout. */
  isOfferStale: boolean;
}

/** One permitted start, and the relay's signed word of how it went. */
export interface StartOnRecord {
  attempt: number;
  relayId: string;
  startedAt: Date;
  jws: string | null;
}

/**
 * The executions as committed rows. Every change is one commit: the row, guarded by the state that
 * it leaves, and its audit event.
 *
 * ```
 * queued ─► offered ─► started ─► succeeded | failed | timed-out | cancelled | interrupted
 *    ▲         │          └─────► unknown ─► settled by the relay's journal, or marked by a person
 *    └─────────┘ refused, nobody listening, or not claimed in time: attempt + 1
 * queued | offered ─► cancelled | expired
 * started | unknown ─► queued, attempt + 1: at-least-once, or permitted and not begun
 * ```
 *
 * Two implementations, one contract suite: SQL, and one in memory for the model test.
 */
export interface ExecutionStore {
  workspaces(): Promise<string[]>;
  find(workspaceId: string, executionId: string): Promise<ExecutionRow | undefined>;

  /**
   * queued → offered; `limited` when as many of its kind as may run at once already do, `gone`
   * when it is no longer queued in this attempt.
   */
  offer(key: AttemptKey, to: Offering): Promise<"offered" | "limited" | "gone">;
  /** offered → queued with the next attempt, whose number is returned; undefined when too late. */
  requeue(key: AttemptKey, reason: string): Promise<number | undefined>;
  /** offered → started, for exactly this relay and epoch; asking again gives the same answer. */
  start(key: AttemptKey, by: { relayId: string; epoch: string }): Promise<Start>;
  /** started | unknown → how the relay says that it ended. */
  settle(workspaceId: string, relayId: string, result: Result, jws: string): Promise<Settled>;
  /**
   * Stores one piece of output. Returns where the piece that is stored at this offset ends, which
   * may be another than the one given; undefined when it is not this relay's to give.
   */
  storeOutput(
    key: AttemptKey,
    relayId: string,
    offset: number,
    frames: Uint8Array,
  ): Promise<number | undefined>;
  /** Stores the wish to cancel; the state that it found, undefined where there is no execution. */
  requestCancel(
    key: { workspaceId: string; executionId: string },
    by: { userId: string; method: string },
  ): Promise<string | undefined>;
  /** Keeps why it waits, for as long as it waits in this attempt. */
  noteWaiting(key: AttemptKey, reason: string): Promise<void>;
  /** queued → expired, with the last reason, once its queue_timeout has passed. */
  expire(workspaceId: string, executionId: string): Promise<boolean>;

  /**
   * What needs looking at, oldest first: what waits, offers nobody claimed in time, and of what
   * runs, or may do so, only what is to be cancelled or is not spoken for: `speaking` are the lives of relays
   * (`relay/epoch`) that this bot hears now. `after` is the last of the page before.
   */
  listOpen(
    workspaceId: string,
    speaking: readonly string[],
    after: string | undefined,
  ): Promise<Open[]>;
  /** Every permitted start, whatever its number. */
  starts(workspaceId: string, executionId: string): Promise<StartOnRecord[]>;
  /** Of these, those that have ended or are unknown. */
  ended(workspaceId: string, executionIds: readonly string[]): Promise<ExecutionRow[]>;

  /** Ends the silence, by the database, of whatever runs on these lives of relays. */
  hear(workspaceId: string, speaking: readonly string[]): Promise<void>;
  /**
   * Says that this bot hears nobody speak for a started attempt. Once nobody has for `lost_after`,
   * by the database's clock and whichever bot said so, it becomes unknown, or is queued again
   * where it may run more than once.
   */
  noteSilence(key: AttemptKey): Promise<"noted" | "unknown" | "requeued">;
  /** Records, for whoever reads the audit, that an execution does not wait rightly. */
  reportForged(workspaceId: string, executionId: string): Promise<void>;
}
