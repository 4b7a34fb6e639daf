import type { SitePermission } from "../../access/permissions.ts";
import { listExecutions } from "../../dispatch/executions.ts";
import { type Answer, say } from "../../replies/answer.ts";
import { wordsForAge } from "../../replies/words.ts";
import type { Asked } from "./asked.ts";

const SEES_OTHERS: SitePermission = "site:executions-read";
const MOST = 50;

/** One's own executions; everybody's for those who may see them. */
export async function answerPs({ dispatch, view, request, now }: Asked): Promise<Answer> {
  const { caller, parsed } = request;
  const withEnded = parsed.options.all?.[0] === "true";
  const userId = caller.permissions.has(SEES_OTHERS) ? undefined : caller.userId;
  const filter = { onlyOpen: !withEnded, limit: MOST, ...(userId !== undefined && { userId }) };
  const executions = await listExecutions(dispatch.store, view.workspaceId, filter);
  if (executions.length === 0) return say(withEnded ? "nothing has run yet" : "nothing runs");
  return say({
    kind: "table",
    columns: ["execution", "command", "state", "user", "relay", "asked"],
    rows: executions.map((execution) => [
      execution.id.slice(-12),
      execution.command,
      stateOf(execution.state, execution.relayId),
      execution.user ?? "",
      nameOfRelay(execution.relayId),
      wordsForAge(now.getTime() - execution.queuedAt.getTime()),
    ]),
  });

  function nameOfRelay(relayId: string | null): string {
    return relayId === null ? "" : (dispatch.registry.find(relayId)?.name ?? "");
  }

  function stateOf(state: string, relayId: string | null): string {
    const relay = relayId === null ? undefined : dispatch.registry.find(relayId);
    const isLost = state === "started" && relay && !dispatch.registry.isReachable(relay);
    return isLost ? "started (relay unreachable)" : state;
  }
}
