import type { ExecutionStore } from "../../bot/dispatch/execution-store.ts";
import type { MemoryDatabase } from "./memory-database.ts";

/** A database that gives an attempt which goes back to the queue the number it had. */
export function forgettingNumbers(inner: ExecutionStore, db: MemoryDatabase): ExecutionStore {
  function keepNumber(executionId: string, attempt: number): void {
    const row = db.rows.get(executionId);
    if (row?.attempt !== attempt + 1) return;
    db.rows.set(executionId, { ...row, attempt });
    db.results.delete(`${executionId}/${attempt}`);
  }
  return {
    ...inner,
    async requeue(key, reason) {
      const next = await inner.requeue(key, reason);
      keepNumber(key.executionId, key.attempt);
      return next === undefined ? undefined : key.attempt;
    },
    async settle(workspaceId, relayId, result, jws) {
      const settled = await inner.settle(workspaceId, relayId, result, jws);
      if (settled === "requeued") keepNumber(result.executionId, result.attempt);
      return settled;
    },
    async noteSilence(key) {
      const outcome = await inner.noteSilence(key);
      if (outcome === "requeued") keepNumber(key.executionId, key.attempt);
      return outcome;
    },
  };
}
