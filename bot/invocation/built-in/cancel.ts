import { cancelExecution } from "../../dispatch/cancel.ts";
import { type Answer, say } from "../../replies/answer.ts";
import type { Asked } from "./asked.ts";
import { findExecutionNamed } from "./find-execution.ts";

export async function answerCancel(asked: Asked): Promise<Answer> {
  const { dispatch, view, request, message } = asked;
  const named = await findExecutionNamed(asked, {
    permission: "site:executions-cancel",
    onlyOpen: true,
    which: "that runs and that you may cancel",
  });
  if ("refusal" in named) return named.refusal;
  const { id, command } = named.found;
  const key = { workspaceId: view.workspaceId, executionId: id };
  const by = { userId: request.caller.userId, method: message.adapter };
  const state = await cancelExecution(dispatch, key, by);
  if (state === "queued" || state === "offered") return say(`${command} is cancelled`);
  if (state === "started" || state === "unknown") {
    return say(`${command} is being cancelled: its relay will confirm`);
  }
  return say(`${command} had ended already`);
}
