import type { SitePermission } from "../access/permissions.ts";
import type { DispatchDeps } from "../dispatch/dispatch.ts";
import { type ExecutionSummary, listExecutions } from "../dispatch/executions.ts";
import type { StartedAttempt } from "../dispatch/inspect.ts";
import type { Caller } from "./callers.ts";
import type { ExecutionDetail, ExecutionItem } from "./contracts/executions.ts";

const SEES_OTHERS: SitePermission = "site:executions-read";
const CANCELS_OTHERS: SitePermission = "site:executions-cancel";
const MARKS_OTHERS: SitePermission = "site:executions-mark";

/** Only whose executions this caller is shown; undefined: everybody's. */
export function ownerShown(caller: Caller): string | undefined {
  return caller.permissions.has(SEES_OTHERS) ? undefined : caller.userId;
}

export function mayCancel(caller: Caller, execution: ExecutionSummary): boolean {
  return execution.userId === caller.userId || caller.permissions.has(CANCELS_OTHERS);
}

export function mayMark(caller: Caller, execution: ExecutionSummary): boolean {
  return execution.userId === caller.userId || caller.permissions.has(MARKS_OTHERS);
}

/** An execution of this caller, or anybody's for those who may see, cancel or mark them. */
export async function findVisible(
  { store }: DispatchDeps,
  caller: Caller,
  id: string,
  purpose: "see" | "cancel" | "mark",
): Promise<ExecutionSummary | undefined> {
  const [found] = await listExecutions(store, caller.workspaceId, { id, limit: 1 });
  if (!found) return undefined;
  const isShown = found.userId === caller.userId || caller.permissions.has(SEES_OTHERS);
  const mayAct = purpose === "cancel" ? mayCancel : mayMark;
  return isShown || (purpose !== "see" && mayAct(caller, found)) ? found : undefined;
}

export function executionItem(
  { registry }: DispatchDeps,
  execution: ExecutionSummary,
): ExecutionItem {
  const { userId: _, relayId, queuedAt, startedAt, endedAt, ...item } = execution;
  const relay = relayId === null ? undefined : registry.find(relayId);
  return {
    ...item,
    relay: relay?.name ?? null,
    relayReachable: relay ? registry.isReachable(relay) : null,
    queuedAt: queuedAt.toISOString(),
    startedAt: startedAt?.toISOString() ?? null,
    endedAt: endedAt?.toISOString() ?? null,
  };
}

export function executionDetail(
  item: ExecutionItem,
  starts: readonly StartedAttempt[],
): ExecutionDetail {
  return {
    ...item,
    starts: starts.map(({ startedAt, endedAt, ...start }) => ({
      ...start,
      startedAt: startedAt.toISOString(),
      endedAt: endedAt?.toISOString() ?? null,
    })),
  };
}
