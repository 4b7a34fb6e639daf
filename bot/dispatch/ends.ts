import type { DispatchCore } from "./dispatch.ts";
import type { ExecutionRow } from "./executions.ts";

/** Tells those here who follow it how an execution stands in the database now. */
export async function tellEnd(
  { executions, live }: Pick<DispatchCore, "executions" | "live">,
  { workspaceId, executionId }: { workspaceId: string; executionId: string },
): Promise<void> {
  const row = await executions.find(workspaceId, executionId);
  if (row) tellEndOf(live, row);
}

export function tellEndOf(live: DispatchCore["live"], row: ExecutionRow): void {
  live.ended(row.id, {
    state: row.state,
    exitCode: row.exitCode ?? undefined,
    reason: row.reason ?? undefined,
    durationMs: row.durationMs ?? undefined,
  });
}
