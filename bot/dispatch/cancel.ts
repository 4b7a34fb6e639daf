import { fromBot } from "../../relay/wire/envelope.ts";
import { downTo } from "../../relay/wire/subjects.ts";
import { signTo } from "../relays/sign-to.ts";
import type { DispatchCore } from "./dispatch.ts";

const CANCEL_TTL_MS = 60_000;

/**
 * Cancels at once what has not started. For what has, the wish is stored and sent; it becomes
 * `cancelled` only when the relay confirms it. Returns the state that it found.
 */
export async function cancelExecution(
  deps: DispatchCore,
  key: { workspaceId: string; executionId: string },
  by: { userId: string; method: string },
): Promise<string | undefined> {
  const found = await deps.executions.requestCancel(key, by);
  if (found === "queued" || found === "offered") {
    const end = { exitCode: undefined, reason: undefined, durationMs: undefined };
    deps.live.ended(key.executionId, { state: "cancelled", ...end });
  }
  if (found === "started" || found === "unknown") await sendCancel(deps, key);
  return found;
}

/** Tells the relay that runs it; lost messages are made good by sending again at its announce. */
export async function sendCancel(
  deps: DispatchCore,
  { workspaceId, executionId }: { workspaceId: string; executionId: string },
): Promise<void> {
  const execution = await deps.executions.find(workspaceId, executionId);
  if (!execution?.relayId || !execution.epoch) return;
  const to = { relayId: execution.relayId, epoch: execution.epoch, ttlMs: CANCEL_TTL_MS };
  const cancels = [{ executionId, attempt: execution.attempt }];
  const message = await signTo(deps, to, fromBot.cancel, { cancels });
  deps.bus.publish(downTo(execution.relayId), message);
}
