import type { AttemptKey, Settled } from "../../bot/dispatch/execution-store.ts";
import type { ExecutionRow } from "../../bot/dispatch/executions.ts";
import { attemptKey } from "../../relay/journal/entry.ts";
import type { Result } from "../../relay/wire/messages.ts";
import type { MemoryDatabase } from "./memory-database.ts";

/** started | unknown → how the relay says that it ended; see settle_execution. */
export function settle(
  db: MemoryDatabase,
  workspaceId: string,
  relayId: string,
  result: Result,
  jws: string,
): Settled {
  const found = db.find(workspaceId, result.executionId);
  const isTheirs = found?.relayId === relayId && found.attempt === result.attempt;
  const started = db.attempt(result);
  if (!isTheirs && started?.relayId !== relayId) return "not yours";
  if (db.result(result)) return "repeat";
  const { outputLength, outputDigest, status } = result;
  db.results.set(attemptKey(result), { jws, relayId, outputLength, outputDigest });
  if (started) db.attempts.set(attemptKey(result), { ...started, outcome: status });
  const row = isTheirs ? found : undefined;
  return row && isOpenFor(row, status) ? settleRow(db, row, result) : "late";
}

function isOpenFor({ state }: ExecutionRow, status: Result["status"]): boolean {
  if (state === "started" || state === "unknown") return true;
  return state === "offered" && status === "not-begun";
}

function settleRow(db: MemoryDatabase, row: ExecutionRow, result: Result): Settled {
  const { status, reason = null } = result;
  const isCancelled = status === "not-begun" && row.cancelRequestedAt !== null;
  if (status === "not-begun" && !isCancelled) {
    db.commit(row, queuedAgain(db, row, reason), "execution.requeued");
    return "requeued";
  }
  if (status === "interrupted" && restart(db, row, reason)) return "requeued";
  const state = status === "not-begun" ? "cancelled" : status;
  const ended = {
    state,
    reason,
    exitCode: result.exitCode ?? null,
    durationMs: result.durationMs,
    endedAt: db.now(),
    silentSince: null,
  };
  db.commit(row, { ...row, ...ended }, "execution.ended", state);
  return "settled";
}

/** A bot hears nobody speak for this attempt; see note_silence. */
export function noteSilence(
  db: MemoryDatabase,
  { workspaceId, executionId, attempt }: AttemptKey,
): "noted" | "unknown" | "requeued" {
  const found = db.find(workspaceId, executionId);
  if (found?.state !== "started" || found.attempt !== attempt) return "noted";
  const row = found.silentSince ? found : db.commit(found, { ...found, silentSince: db.now() });
  if (!db.isPast(row.silentSince, row.lostAfterMs)) return "noted";
  const reason = "the relay fell silent while it ran";
  if (restart(db, row, reason)) return "requeued";
  const unknown = { state: "unknown" as const, reason, silentSince: null };
  db.commit(row, { ...row, ...unknown }, "execution.unknown", "unknown");
  return "unknown";
}

/** For what may run more than once and was not started as often as it may be. */
function restart(db: MemoryDatabase, row: ExecutionRow, reason: string | null): boolean {
  if (row.spec.delivery !== "at-least-once" || row.cancelRequestedAt !== null) return false;
  if (db.attemptsOf(row.id).length >= row.mostStarts) return false;
  db.commit(row, queuedAgain(db, row, reason), "execution.requeued");
  return true;
}

function queuedAgain(db: MemoryDatabase, row: ExecutionRow, reason: string | null): ExecutionRow {
  return {
    ...row,
    state: "queued",
    attempt: row.attempt + 1,
    relayId: null,
    epoch: null,
    startedAt: null,
    queuedAt: db.now(),
    silentSince: null,
    reason,
  };
}

/** unknown → how a person says that it went; see mark_execution. */
export function mark(
  db: MemoryDatabase,
  executionId: string,
  state: "succeeded" | "failed",
): string | undefined {
  const row = db.find(db.workspaceId, executionId);
  if (row?.state !== "unknown") return row?.state;
  const reason = "marked by a person";
  const marked = db.commit(row, { ...row, state, reason, endedAt: db.now() }, "execution.marked");
  db.commit(marked, marked, "execution.ended", state);
  return "unknown";
}
