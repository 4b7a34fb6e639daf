import type { ExecutionRecord } from "../../bot/audit/record.ts";
import type { ExecutionRow } from "../../bot/dispatch/executions.ts";
import type { RelayStore } from "../../bot/relays/enrolled.ts";
import type { MemoryDatabase } from "./memory-database.ts";

/** What record_invocation does with an execution that may run. */
export function record(
  db: MemoryDatabase,
  execution: ExecutionRecord,
  userId: string,
): "recorded" | "limited" {
  const known = db.rows.get(execution.id);
  const wants = execution.relayId !== undefined;
  // The same row again: its first answer was lost.
  if (known) {
    return wants && known.state === "queued" && known.attempt === 1 ? "limited" : "recorded";
  }
  const row = newRow(db, execution);
  const isOffered = wants && db.hasRoom(row);
  db.users.set(row.id, userId);
  const { relayId = null, epoch = null } = execution;
  const offered = { state: "offered" as const, relayId, epoch, offeredAt: db.now() };
  db.commit(undefined, isOffered ? { ...row, ...offered } : row, "invocation.requested");
  return wants && !isOffered ? "limited" : "recorded";
}

function newRow(db: MemoryDatabase, execution: ExecutionRecord): ExecutionRow {
  return {
    ...NOTHING_YET,
    workspaceId: db.workspaceId,
    id: execution.id,
    invocationId: execution.spec.invocationId,
    spec: execution.spec,
    facts: execution.facts ?? null,
    mac: Buffer.from(execution.mac, "base64"),
    botId: execution.botId,
    offerTimeoutMs: execution.offerTimeoutMs,
    queueTimeoutMs: execution.queueTimeoutMs,
    lostAfterMs: execution.lostAfterMs,
    mostStarts: execution.mostStarts,
    concurrencyKey: execution.concurrencyKey ?? null,
    concurrencyMax: execution.concurrencyMax ?? null,
    queuedAt: db.now(),
  };
}

const NOTHING_YET = {
  state: "queued" as const,
  attempt: 1,
  relayId: null,
  epoch: null,
  silentSince: null,
  exitCode: null,
  reason: null,
  durationMs: null,
  offeredAt: null,
  startedAt: null,
  cancelRequestedAt: null,
  endedAt: null,
};

/** The relays as the SQL keeps them. */
export function memoryRelays(db: MemoryDatabase): RelayStore {
  return {
    list: async () => [...db.relays.values()],
    async saveEpoch({ id }, epoch) {
      const relay = db.relays.get(id);
      if (relay) db.relays.set(id, { ...relay, epoch });
    },
    // Nobody here writes rows but bots.
    reportForged: async () => {},
  };
}
