import { and, asc, desc, eq } from "drizzle-orm";
import { z } from "zod";
import type { Frame } from "../../relay/wire/frames.ts";
import type { Store } from "../store/pool.ts";
import { attempts, outputs, relays } from "../store/schema.ts";
import { readOutput } from "./executions.ts";

/** One permitted start of an execution, as it is on record. */
export interface StartedAttempt {
  attempt: number;
  relay: string | null;
  startedAt: Date;
  /** How its relay says that it went, whatever else is said about it; null while it says nothing. */
  outcome: string | null;
  endedAt: Date | null;
}

/** Every start of an execution, in order. */
export function readAttempts(
  store: Store,
  workspaceId: string,
  executionId: string,
): Promise<StartedAttempt[]> {
  return store.inWorkspace(workspaceId, (db) =>
    db
      .select({
        attempt: attempts.attempt,
        relay: relays.name,
        startedAt: attempts.startedAt,
        outcome: attempts.outcome,
        endedAt: attempts.endedAt,
      })
      .from(attempts)
      .leftJoin(relays, eq(relays.id, attempts.relayId))
      .where(eq(attempts.executionId, executionId))
      .orderBy(asc(attempts.attempt)),
  );
}

const TAIL_PIECES = 4;

/** The end of what is stored of an attempt's output, for a person to look at. */
export async function readTail(
  store: Store,
  key: { workspaceId: string; executionId: string; attempt: number },
): Promise<Frame[]> {
  const newest = await store.inWorkspace(key.workspaceId, (db) =>
    db
      .select({ offset: outputs.startOffset })
      .from(outputs)
      .where(and(eq(outputs.executionId, key.executionId), eq(outputs.attempt, key.attempt)))
      .orderBy(desc(outputs.startOffset))
      .limit(TAIL_PIECES),
  );
  const from = newest.at(-1)?.offset ?? 0;
  return (await readOutput(store, key, from)).frames;
}

export const MARKS = ["succeeded", "failed"] as const;
export type Mark = (typeof MARKS)[number];

const Found = z.string().nullable();

/**
 * unknown → how a person says that it went. Returns the state that it found; the mark was taken
 * only where that is `unknown`. What a relay says later is kept beside it.
 */
export async function markExecution(
  store: Store,
  key: { workspaceId: string; executionId: string },
  by: { userId: string; method: string },
  mark: { outcome: Mark; reason?: string | undefined },
): Promise<string | undefined> {
  const { outcome, reason } = mark;
  const args = [key.workspaceId, key.executionId, by.userId, by.method, outcome, reason ?? null];
  return Found.parse(await store.call("mark_execution", args)) ?? undefined;
}
