import { and, eq } from "drizzle-orm";
import { listExecutions } from "../dispatch/executions.ts";
import type { Store } from "../store/pool.ts";
import { invocations } from "../store/schema.ts";

export interface RecordedInvocation {
  invocationId: string;
  decision: string;
  executionId?: string;
  /** Of what was typed; null where an earlier version of the program recorded it. */
  textMac: Buffer | null;
}

/** What was recorded under a message of the API, by its id or by the message's. */
export async function findInvocation(
  store: Store,
  workspaceId: string,
  by: { invocationId: string } | { messageId: string },
): Promise<RecordedInvocation | undefined> {
  const [found] = await store.inWorkspace(workspaceId, (db) =>
    db
      .select({
        invocationId: invocations.id,
        decision: invocations.decision,
        textMac: invocations.textMac,
      })
      .from(invocations)
      .where(
        "invocationId" in by
          ? eq(invocations.id, by.invocationId)
          : and(eq(invocations.adapter, "api"), eq(invocations.messageId, by.messageId)),
      ),
  );
  if (!found) return undefined;
  const { invocationId } = found;
  const [execution] = await listExecutions(store, workspaceId, { invocationId, limit: 1 });
  return { ...found, ...(execution && { executionId: execution.id }) };
}
