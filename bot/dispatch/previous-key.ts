import type { Result } from "../../relay/wire/messages.ts";
import type { KnownRelay } from "../relays/registry.ts";
import type { ExecutionStore } from "./execution-store.ts";
import type { ExecutionRow } from "./executions.ts";

/** Whether the key before may speak for what was permitted at this moment. */
export function isBeforeChange({ keysChangedAt }: Pick<KnownRelay, "keysChangedAt">, at: Date) {
  return keysChangedAt !== null && at <= keysChangedAt;
}

/**
 * Whether a result may be signed by the key before: its attempt was permitted, or at least offered,
 * before the change. Nothing can come of one about an attempt that is over and never began: that is
 * taken too, so that the relay need not send it for ever.
 */
export async function mayBeOfPreviousKey(
  executions: Pick<ExecutionStore, "find" | "starts">,
  relay: KnownRelay,
  { executionId, attempt }: Result,
): Promise<boolean> {
  // The row first: once it has moved on, no start of this attempt can follow.
  const row = await executions.find(relay.workspaceId, executionId);
  const starts = await executions.starts(relay.workspaceId, executionId);
  const start = starts.find((each) => each.attempt === attempt && each.relayId === relay.id);
  if (start) return isBeforeChange(relay, start.startedAt);
  if (!row || row.attempt > attempt) return true;
  return isOffered(row, attempt, relay) && isBeforeChange(relay, row.offeredAt);
}

function isOffered(
  row: ExecutionRow,
  attempt: number,
  { id }: KnownRelay,
): row is ExecutionRow & { offeredAt: Date } {
  return row.attempt === attempt && row.relayId === id && row.offeredAt !== null;
}
