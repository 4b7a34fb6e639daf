import type {
  AttemptKey,
  ExecutionStore,
  Offering,
  Open,
} from "../../bot/dispatch/execution-store.ts";
import type { ExecutionRow } from "../../bot/dispatch/executions.ts";
import { attemptKey } from "../../relay/journal/entry.ts";
import type { MemoryDatabase } from "./memory-database.ts";
import { noteSilence, settle } from "./memory-ends.ts";
import { storeOutput } from "./memory-outputs.ts";

/**
 * The one fake that is no port of the outside: the executions as the SQL keeps them, held to it by
 * one contract suite. Each call applies at once; time, faults and lost answers are put around it.
 */
export function memoryExecutions(db: MemoryDatabase): ExecutionStore {
  return {
    workspaces: async () => [db.workspaceId],
    find: async (workspaceId, executionId) => db.find(workspaceId, executionId),
    offer: async (key, to) => offer(db, key, to),
    requeue: async (key, reason) => requeue(db, key, reason),
    start: async (key, by) => start(db, key, by),
    settle: async (workspaceId, relayId, result, jws) =>
      settle(db, workspaceId, relayId, result, jws),
    storeOutput: async (key, relayId, offset, frames) =>
      storeOutput(db, key, relayId, offset, frames),
    requestCancel: async ({ workspaceId, executionId }) =>
      requestCancel(db, db.find(workspaceId, executionId)),
    noteWaiting: async (key, reason) => noteWaiting(db, key, reason),
    expire: async (workspaceId, executionId) => expire(db, db.find(workspaceId, executionId)),
    listOpen: async (_, speaking, after) => listOpen(db, speaking, after),
    starts: async (_, executionId) =>
      db.attemptsOf(executionId).map((started) => ({
        attempt: started.attempt,
        relayId: started.relayId,
        startedAt: started.startedAt,
        jws: db.result(started)?.jws ?? null,
      })),
    ended: async (workspaceId, executionIds) =>
      executionIds
        .map((id) => db.find(workspaceId, id))
        .filter((row) => row !== undefined)
        .filter((row) => row.endedAt !== null || row.state === "unknown"),
    hear: async (_, speaking) => hear(db, speaking),
    noteSilence: async (key) => noteSilence(db, key),
    reportForged: async (workspaceId, executionId) => {
      const row = db.find(workspaceId, executionId);
      if (row) db.commit(row, row, "execution.forged");
    },
  };
}

/** The row of this attempt, in this state; anything else stands in the way. */
function rowOf(
  db: MemoryDatabase,
  { workspaceId, executionId, attempt }: AttemptKey,
  state: ExecutionRow["state"],
): ExecutionRow | undefined {
  const row = db.find(workspaceId, executionId);
  return row?.attempt === attempt && row.state === state ? row : undefined;
}

function offer(db: MemoryDatabase, key: AttemptKey, { relayId, epoch, botId }: Offering) {
  const row = rowOf(db, key, "queued");
  if (!row) return "gone";
  if (!db.hasRoom(row)) return "limited";
  const offering = { relayId, epoch, botId, offeredAt: db.now() };
  db.commit(row, { ...row, state: "offered", ...offering }, "execution.offered");
  return "offered";
}

function requeue(db: MemoryDatabase, key: AttemptKey, reason: string): number | undefined {
  const row = rowOf(db, key, "offered");
  if (!row) return undefined;
  const attempt = row.attempt + 1;
  const queued = { state: "queued" as const, attempt, relayId: null, epoch: null, reason };
  db.commit(row, { ...row, ...queued }, "execution.requeued");
  return attempt;
}

function start(db: MemoryDatabase, key: AttemptKey, by: { relayId: string; epoch: string }) {
  const row = db.find(key.workspaceId, key.executionId);
  if (!row) return { answer: "no such execution" };
  const isTheirs =
    row.attempt === key.attempt && row.relayId === by.relayId && row.epoch === by.epoch;
  if (row.state === "started" && isTheirs) {
    db.rows.set(row.id, { ...row, silentSince: null });
    return { answer: "granted", replyBot: row.botId, goodForMs: row.lostAfterMs };
  }
  const relay = db.relays.get(by.relayId);
  const isServed = relay?.state === "active" && relay.epoch === by.epoch;
  if (row.state === "offered" && isTheirs && isServed && !db.result(key)) {
    const { executionId, attempt } = key;
    const startedAt = db.now();
    db.attempts.set(attemptKey(key), {
      executionId,
      attempt,
      ...by,
      startedAt,
      outcome: undefined,
    });
    db.commit(row, { ...row, state: "started", startedAt }, "execution.started");
    return { answer: "granted", replyBot: row.botId, goodForMs: row.lostAfterMs };
  }
  const isElsewhere = row.state === "offered" || row.state === "started";
  return { answer: isElsewhere ? "offered to another" : row.state };
}

function requestCancel(db: MemoryDatabase, row: ExecutionRow | undefined): string | undefined {
  if (!row) return undefined;
  const now = db.now();
  if (row.state === "queued" || row.state === "offered") {
    const ended = { state: "cancelled" as const, endedAt: now, cancelRequestedAt: now };
    db.commit(row, { ...row, ...ended }, "execution.ended", "cancelled");
  }
  const mayRun = row.state === "started" || row.state === "unknown";
  if (mayRun && row.cancelRequestedAt === null) {
    db.commit(row, { ...row, cancelRequestedAt: now }, "execution.cancel-requested");
  }
  return row.state;
}

function noteWaiting(db: MemoryDatabase, key: AttemptKey, reason: string): void {
  const row = rowOf(db, key, "queued");
  if (row && row.reason !== reason) db.commit(row, { ...row, reason });
}

function expire(db: MemoryDatabase, row: ExecutionRow | undefined): boolean {
  if (row?.state !== "queued" || !db.isPast(row.queuedAt, row.queueTimeoutMs)) return false;
  const reason = row.reason ?? "no relay matched in time";
  const ended = { state: "expired" as const, endedAt: db.now(), reason };
  db.commit(row, { ...row, ...ended }, "execution.ended", "expired");
  return true;
}

function hear(db: MemoryDatabase, speaking: readonly string[]): void {
  for (const row of db.rows.values()) {
    if (row.silentSince !== null && speaking.includes(`${row.relayId}/${row.epoch}`)) {
      db.commit(row, { ...row, silentSince: null });
    }
  }
}

const PAGE = 200;

function listOpen(
  db: MemoryDatabase,
  speaking: readonly string[],
  after: string | undefined,
): Open[] {
  const open: Open[] = [];
  for (const row of db.rows.values()) {
    const isOfferStale =
      row.state === "offered" && db.isPast(row.offeredAt, row.offerTimeoutMs + 1);
    const isUnspokenFor =
      row.state === "started" && !speaking.includes(`${row.relayId}/${row.epoch}`);
    const isToBeCancelled =
      (row.state === "started" || row.state === "unknown") && row.cancelRequestedAt !== null;
    const isWanted = row.state === "queued" || isOfferStale || isUnspokenFor || isToBeCancelled;
    if (isWanted && (after === undefined || row.id > after)) {
      open.push({ ...waitingOf(db, row), isOfferStale });
    }
  }
  return open.sort((a, b) => (a.row.id < b.row.id ? -1 : 1)).slice(0, PAGE);
}

function waitingOf(db: MemoryDatabase, row: ExecutionRow): Omit<Open, "isOfferStale"> {
  return {
    row,
    userId: db.users.get(row.id) ?? null,
    hasEnded: db.eventsOf(row.id).some(({ kind }) => kind === "execution.ended"),
    wasStarted: db.attemptsOf(row.id).length > 0,
  };
}
