import type { SitePermission } from "../../access/permissions.ts";
import { cancelExecution } from "../../dispatch/cancel.ts";
import { listExecutions } from "../../dispatch/executions.ts";
import { type Answer, refuse, say } from "../../replies/answer.ts";
import type { Asked } from "./asked.ts";

const CANCELS_OTHERS: SitePermission = "site:executions-cancel";
const SHORTEST_ID = 6;

/** Takes a whole id or its end, as `ps` shows it. */
export async function answerCancel({ dispatch, view, request, message }: Asked): Promise<Answer> {
  const { caller, parsed } = request;
  const id = parsed.arguments?.[0] ?? "";
  if (id.length < SHORTEST_ID) return refuse(`give at least ${SHORTEST_ID} characters of the id`);
  const userId = caller.permissions.has(CANCELS_OTHERS) ? undefined : caller.userId;
  const filter = { onlyOpen: true, idEnd: id, limit: 2, ...(userId !== undefined && { userId }) };
  const [found, ...others] = await listExecutions(dispatch.store, view.workspaceId, filter);
  if (!found) return refuse(`no execution ${id} runs that you may cancel`);
  if (others.length > 0) return refuse(`several executions end in ${id}: give more of the id`);
  const key = { workspaceId: view.workspaceId, executionId: found.id };
  const state = await cancelExecution(dispatch, key, {
    userId: caller.userId,
    method: message.adapter,
  });
  if (state === "queued" || state === "offered") return say(`${found.command} is cancelled`);
  if (state === "started" || state === "unknown") {
    return say(`${found.command} is being cancelled: its relay will confirm`);
  }
  return say(`${found.command} had ended already`);
}
