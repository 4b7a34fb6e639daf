import { and, eq, gt, inArray, or, type SQL, sql } from "drizzle-orm";
import { z } from "zod";
import { recordEvent } from "../audit/event.ts";
import type { Store } from "../store/pool.ts";
import { attempts, executions, invocations, results } from "../store/schema.ts";
import { listWorkspaces } from "../store/workspaces.ts";
import type { AttemptKey, ExecutionStore, Open } from "./execution-store.ts";
import { findExecution } from "./executions.ts";

const PAGE = 200;

const Offered = z.enum(["offered", "limited", "gone"]);
const Start = z.object({
  answer: z.string(),
  replyBot: z.string().optional(),
  goodForMs: z.int().optional(),
});
const Settled = z.enum(["settled", "requeued", "repeat", "late", "not yours"]);
const Silence = z.enum(["noted", "unknown", "requeued"]);

/** One database function for each arrow of the state machine: one statement, one commit. */
export function sqlExecutions(store: Store): ExecutionStore {
  return {
    workspaces: async () => (await listWorkspaces(store)).map(({ id }) => id),
    find: (workspaceId, executionId) => findExecution(store, workspaceId, executionId),

    async offer(key, to) {
      const args = [...argsOf(key), to.relayId, to.epoch, to.botId];
      return Offered.parse(await store.call("offer_execution", args));
    },
    async requeue(key, reason) {
      const next = await store.call("requeue_execution", [...argsOf(key), reason]);
      return z.int().nullable().parse(next) ?? undefined;
    },
    async start(key, by) {
      const args = [...argsOf(key), by.relayId, by.epoch];
      return Start.parse(await store.call("start_execution", args));
    },
    async settle(workspaceId, relayId, result, jws) {
      const { executionId, attempt } = result;
      const args = [workspaceId, executionId, attempt, relayId, JSON.stringify(result), jws];
      return Settled.parse(await store.call("settle_execution", args));
    },
    async storeOutput(key, relayId, offset, frames) {
      const args = [...argsOf(key), relayId, offset, Buffer.from(frames)];
      const end = await store.call("store_output", args);
      return z.coerce.number().nullable().parse(end) ?? undefined;
    },
    async requestCancel(key, by) {
      const args = [key.workspaceId, key.executionId, by.userId, by.method];
      const found = await store.call("cancel_execution", args);
      return z.string().nullable().parse(found) ?? undefined;
    },
    async noteWaiting(key, reason) {
      await store.call("note_waiting", [...argsOf(key), reason]);
    },
    async expire(workspaceId, executionId) {
      return z.boolean().parse(await store.call("expire_execution", [workspaceId, executionId]));
    },

    listOpen: (workspaceId, speaking, after) => listOpen(store, workspaceId, speaking, after),
    starts: (workspaceId, executionId) =>
      store.inWorkspace(workspaceId, (db) =>
        db
          .select({
            attempt: attempts.attempt,
            relayId: attempts.relayId,
            startedAt: attempts.startedAt,
            jws: results.jws,
          })
          .from(attempts)
          .leftJoin(
            results,
            and(
              eq(results.executionId, attempts.executionId),
              eq(results.attempt, attempts.attempt),
            ),
          )
          .where(eq(attempts.executionId, executionId)),
      ),
    ended: (workspaceId, executionIds) =>
      store.inWorkspace(workspaceId, (db) =>
        db
          .select()
          .from(executions)
          .where(
            and(
              inArray(executions.id, [...executionIds]),
              sql`(${executions.endedAt} is not null or ${executions.state} = 'unknown')`,
            ),
          ),
      ),

    async hear(workspaceId, speaking) {
      if (speaking.length > 0) await store.call("hear_relays", [workspaceId, speaking]);
    },
    async noteSilence(key) {
      return Silence.parse(await store.call("note_silence", argsOf(key)));
    },
    reportForged: (workspaceId, executionId) =>
      recordEvent(store, workspaceId, {
        kind: "execution.forged",
        method: "system",
        object: `execution:${executionId}`,
        detail: { executionId },
      }),
  };
}

function argsOf({ workspaceId, executionId, attempt }: AttemptKey): unknown[] {
  return [workspaceId, executionId, attempt];
}

function listOpen(
  store: Store,
  workspaceId: string,
  speaking: readonly string[],
  after: string | undefined,
): Promise<Open[]> {
  const isStale = sql<boolean>`${executions.state} = 'offered'
    and ${executions.offeredAt} + ${executions.offerTimeoutMs} * interval '1 millisecond' < now()`;
  const isToBeCancelled = sql`${executions.state} in ('started', 'unknown')
    and ${executions.cancelRequestedAt} is not null`;
  const isUnspokenFor = sql`${executions.state} = 'started'
    and (${executions.relayId} || '/' || ${executions.epoch} <> all(${sql.param([...speaking])}::text[]))`;
  return store.inWorkspace(workspaceId, (db) =>
    db
      .select({
        row: executions,
        userId: invocations.userId,
        isOfferStale: isStale,
        hasEnded: hasEnded(),
        wasStarted: sql<boolean>`exists (select from attempts t
          where t.execution_id = ${executions.id})`,
      })
      .from(executions)
      .innerJoin(invocations, eq(invocations.id, executions.invocationId))
      .where(
        and(
          inArray(executions.state, ["queued", "offered", "started", "unknown"]),
          or(eq(executions.state, "queued"), isStale, isUnspokenFor, isToBeCancelled),
          after === undefined ? undefined : gt(executions.id, after),
        ),
      )
      .orderBy(executions.id)
      .limit(PAGE),
  );
}

function hasEnded(): SQL<boolean> {
  return sql<boolean>`exists (select from audit_events a
    where a.invocation_id = ${executions.invocationId} and a.execution_id = ${executions.id}
      and a.kind = 'execution.ended')`;
}
