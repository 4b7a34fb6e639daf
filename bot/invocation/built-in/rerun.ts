import { type Answer, say } from "../../replies/answer.ts";
import { textToRepeat } from "../repeat.ts";
import type { Asked } from "./asked.ts";
import { findExecutionNamed } from "./find-execution.ts";

/** Says it again, as the caller's own words: decided anew, for whoever asks now. */
export async function answerRerun(asked: Asked): Promise<Answer & { next?: string }> {
  const { dispatch, view } = asked;
  const named = await findExecutionNamed(asked, {
    permission: "site:executions-read",
    onlyOpen: false,
    which: "that you may see",
  });
  if ("refusal" in named) return named.refusal;
  const repeated = await textToRepeat(dispatch.store, view.workspaceId, named.found);
  if (!repeated.ok) return repeated.refusal;
  return { ...say(`again: ${repeated.text}`), next: repeated.text };
}
