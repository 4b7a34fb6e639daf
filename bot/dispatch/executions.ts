import { and, asc, desc, eq, gte, isNull, sql } from "drizzle-orm";
import { decodeFrames, type Frame } from "../../relay/wire/frames.ts";
import type { Store } from "../store/pool.ts";
import {
  type ExecutionState,
  executions,
  invocations,
  outputs,
  results,
  users,
} from "../store/schema.ts";

export type ExecutionRow = typeof executions.$inferSelect;

/** An execution as lists show it. */
export interface ExecutionSummary {
  id: string;
  invocationId: string;
  command: string;
  state: ExecutionState;
  attempt: number;
  user: string | null;
  userId: string | null;
  relayId: string | null;
  exitCode: number | null;
  reason: string | null;
  durationMs: number | null;
  queuedAt: Date;
  startedAt: Date | null;
  endedAt: Date | null;
}

export function findExecution(
  store: Store,
  workspaceId: string,
  executionId: string,
): Promise<ExecutionRow | undefined> {
  return store.inWorkspace(workspaceId, async (db) => {
    const [row] = await db.select().from(executions).where(eq(executions.id, executionId));
    return row;
  });
}

export interface ExecutionFilter {
  onlyOpen?: boolean;
  id?: string;
  /** The last characters of an id. */
  idEnd?: string;
  invocationId?: string;
  /** Only what this user asked for. */
  userId?: string;
  limit: number;
}

/** Newest first. */
export function listExecutions(
  store: Store,
  workspaceId: string,
  filter: ExecutionFilter,
): Promise<ExecutionSummary[]> {
  return store.inWorkspace(workspaceId, async (db) => {
    const rows = await db
      .select({
        id: executions.id,
        invocationId: executions.invocationId,
        command: sql<string>`${invocations.bundle} || ':' || ${invocations.command}`,
        state: executions.state,
        attempt: executions.attempt,
        user: users.name,
        userId: invocations.userId,
        relayId: executions.relayId,
        exitCode: executions.exitCode,
        reason: executions.reason,
        durationMs: executions.durationMs,
        queuedAt: executions.queuedAt,
        startedAt: executions.startedAt,
        endedAt: executions.endedAt,
      })
      .from(executions)
      .innerJoin(invocations, eq(invocations.id, executions.invocationId))
      .leftJoin(users, eq(users.id, invocations.userId))
      .where(
        and(
          filter.onlyOpen ? isNull(executions.endedAt) : undefined,
          filter.id ? eq(executions.id, filter.id) : undefined,
          filter.idEnd
            ? sql`right(${executions.id}::text, ${filter.idEnd.length}) = ${filter.idEnd}`
            : undefined,
          filter.userId ? eq(invocations.userId, filter.userId) : undefined,
          filter.invocationId ? eq(executions.invocationId, filter.invocationId) : undefined,
        ),
      )
      .orderBy(desc(executions.queuedAt))
      .limit(filter.limit);
    return rows;
  });
}

/** A piece of the stored output, and where the next one begins. */
export interface OutputPiece {
  frames: Frame[];
  nextOffset: number;
}

/** Stored output from an offset on, in order, up to the first gap. */
export async function readOutput(
  store: Store,
  key: { workspaceId: string; executionId: string; attempt: number },
  fromOffset: number,
  limit = 64,
): Promise<OutputPiece> {
  const rows = await store.inWorkspace(key.workspaceId, (db) =>
    db
      .select({ offset: outputs.startOffset, frames: outputs.frames })
      .from(outputs)
      .where(
        and(
          eq(outputs.executionId, key.executionId),
          eq(outputs.attempt, key.attempt),
          gte(outputs.startOffset, fromOffset),
        ),
      )
      .orderBy(asc(outputs.startOffset))
      .limit(limit),
  );
  const frames: Frame[] = [];
  let nextOffset = fromOffset;
  for (const row of rows) {
    if (row.offset !== nextOffset) break;
    frames.push(...(decodeFrames(row.frames) ?? []));
    nextOffset += row.frames.length;
  }
  return { frames, nextOffset };
}

/** Length of the whole output by the relay's signed result; undefined before there is one. */
export async function outputLengthOf(
  store: Store,
  key: { workspaceId: string; executionId: string; attempt: number },
): Promise<number | undefined> {
  const [row] = await store.inWorkspace(key.workspaceId, (db) =>
    db
      .select({ length: results.outputLength })
      .from(results)
      .where(and(eq(results.executionId, key.executionId), eq(results.attempt, key.attempt))),
  );
  return row?.length;
}
