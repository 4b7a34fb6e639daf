import type { Clock } from "../../relay/process/clock.ts";
import type { OutputStream } from "../../relay/wire/frames.ts";
import { decodeFrames } from "../../relay/wire/frames.ts";
import type { ExecutionState } from "../store/schema.ts";

/** How an execution ended, as whoever follows it is told. */
export interface ExecutionEnd {
  state: ExecutionState;
  exitCode: number | undefined;
  reason: string | undefined;
  durationMs: number | undefined;
}

/** Follows one execution as it happens. */
export interface Watcher {
  /** `detail` is the relay's name, or why it waits. */
  state(state: "waiting" | "offered" | "started", detail: string): void;
  output(stream: OutputStream, bytes: Uint8Array): void;
  ended(end: ExecutionEnd): void;
}

/** What this bot hears of executions, passed on at once, before it is stored. */
export interface Live {
  /** Follows from the beginning: to be called before the execution is offered. */
  watch(executionId: string, watcher: Watcher): { unwatch(): void };
  /** Only says that something was heard; may begin at any time. */
  listen(executionId: string, onNews: () => void): { unlisten(): void };
  state(executionId: string, state: "waiting" | "offered", detail: string): void;
  /** From here on this relay's output for this attempt may be shown before it is stored. */
  started(executionId: string, attempt: number, relay: { id: string; name: string }): void;
  isRunBy(executionId: string, attempt: number, relayId: string): boolean;
  output(executionId: string, attempt: number, offset: number, frames: Uint8Array): void;
  ended(executionId: string, end: ExecutionEnd): void;
  /** Executions that have been followed for at least this long. */
  watchedFor(ageMs: number): string[];
}

interface Watched {
  watchers: Set<Watcher>;
  sinceMs: number;
  attempt: number;
  relayId: string | undefined;
  nextOffset: number;
  /** Pieces that came before the one in front of them, by offset. */
  early: Map<number, Uint8Array>;
}

/** A relay sends at most 1 MiB ahead of what is stored; what is farther ahead is no honest output. */
const FARTHEST_AHEAD = 2 * 1024 * 1024;

export function createLive(clock: Pick<Clock, "monotonicMs">): Live {
  const byExecution = new Map<string, Watched>();
  const listeners = new Map<string, Set<() => void>>();

  function listen(executionId: string, onNews: () => void): { unlisten(): void } {
    const own = listeners.get(executionId) ?? new Set();
    listeners.set(executionId, own.add(onNews));
    return {
      unlisten: () => {
        own.delete(onNews);
        if (own.size === 0) listeners.delete(executionId);
      },
    };
  }

  function ring(executionId: string): void {
    for (const onNews of listeners.get(executionId) ?? []) onNews();
  }

  function each(executionId: string, tell: (watcher: Watcher) => void): void {
    ring(executionId);
    for (const watcher of byExecution.get(executionId)?.watchers ?? []) tell(watcher);
  }

  function watch(executionId: string, watcher: Watcher): { unwatch(): void } {
    const watched = byExecution.get(executionId) ?? newlyWatched(clock.monotonicMs());
    byExecution.set(executionId, watched);
    watched.watchers.add(watcher);
    return {
      unwatch: () => {
        watched.watchers.delete(watcher);
        if (watched.watchers.size === 0) byExecution.delete(executionId);
      },
    };
  }

  function output(executionId: string, attempt: number, offset: number, frames: Uint8Array): void {
    ring(executionId);
    const watched = byExecution.get(executionId);
    if (!watched || attempt < watched.attempt) return;
    if (attempt > watched.attempt) {
      Object.assign(watched, { attempt, nextOffset: 0, early: new Map() });
    }
    // A piece that was sent again has been shown already; one far ahead is not taken yet either.
    if (offset < watched.nextOffset || offset > watched.nextOffset + FARTHEST_AHEAD) return;
    watched.early.set(offset, frames);
    for (let next = take(watched); next; next = take(watched)) {
      for (const { stream, bytes } of decodeFrames(next) ?? []) {
        each(executionId, (watcher) => watcher.output(stream, bytes));
      }
    }
  }

  function started(executionId: string, attempt: number, relay: { id: string; name: string }) {
    const watched = byExecution.get(executionId);
    if (watched)
      Object.assign(watched, { attempt, relayId: relay.id, nextOffset: 0, early: new Map() });
    each(executionId, (watcher) => watcher.state("started", relay.name));
  }

  function isRunBy(executionId: string, attempt: number, relayId: string): boolean {
    const watched = byExecution.get(executionId);
    return watched?.attempt === attempt && watched.relayId === relayId;
  }

  return {
    watch,
    listen,
    started,
    isRunBy,
    output,
    state: (executionId, state, detail) => each(executionId, (w) => w.state(state, detail)),
    ended: (executionId, end) => each(executionId, (w) => w.ended(end)),
    watchedFor: (ageMs) =>
      [...byExecution]
        .filter(([, { sinceMs }]) => clock.monotonicMs() - sinceMs >= ageMs)
        .map(([executionId]) => executionId),
  };
}

function newlyWatched(sinceMs: number): Watched {
  return {
    watchers: new Set(),
    sinceMs,
    attempt: 1,
    relayId: undefined,
    nextOffset: 0,
    early: new Map(),
  };
}

function take(watched: Watched): Uint8Array | undefined {
  const next = watched.early.get(watched.nextOffset);
  if (!next) return undefined;
  watched.early.delete(watched.nextOffset);
  watched.nextOffset += next.length;
  return next;
}
