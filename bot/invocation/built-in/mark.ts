import { tellEnd } from "../../dispatch/ends.ts";
import { MARKS, type Mark, markExecution } from "../../dispatch/inspect.ts";
import { type Answer, refuse, say } from "../../replies/answer.ts";
import type { Asked } from "./asked.ts";
import { findExecutionNamed } from "./find-execution.ts";

/** Says how it went, for what nobody else knows of. */
export async function answerMark(asked: Asked): Promise<Answer> {
  const { dispatch, view, request, message } = asked;
  const { arguments: words, options } = request.parsed;
  const outcome = words?.[1];
  if (!isMark(outcome)) return refuse(`mark it as one of: ${MARKS.join(", ")}`);
  const named = await findExecutionNamed(asked, {
    permission: "site:executions-mark",
    onlyOpen: false,
    which: "that you may mark",
  });
  if ("refusal" in named) return named.refusal;
  const { id, command } = named.found;
  const key = { workspaceId: view.workspaceId, executionId: id };
  const by = { userId: request.caller.userId, method: message.adapter };
  const found = await markExecution(dispatch.store, key, by, {
    outcome,
    reason: options.reason?.[0],
  });
  if (found !== "unknown") return refuse(`${command} is ${found ?? "gone"}: nothing to mark`);
  await tellEnd(dispatch, key);
  return say(`${command} is marked as ${outcome}; what its relay says later is kept beside it`);
}

function isMark(word: string | null | undefined): word is Mark {
  return MARKS.some((mark) => mark === word);
}
