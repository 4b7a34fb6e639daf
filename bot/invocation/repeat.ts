import { readTypedText } from "../audit/typed-text.ts";
import type { ExecutionSummary } from "../dispatch/executions.ts";
import { type Answer, refuse } from "../replies/answer.ts";
import type { Store } from "../store/pool.ts";
import { isMasked } from "./mask-secrets.ts";

const OPEN: ReadonlySet<string> = new Set(["queued", "offered", "started"]);

/** The line that an execution came from, where it can be said again by somebody. */
export async function textToRepeat(
  store: Store,
  workspaceId: string,
  { invocationId, command, state }: ExecutionSummary,
): Promise<{ ok: true; text: string } | { ok: false; refusal: Answer }> {
  if (OPEN.has(state)) return no(`${command} is ${state}: cancel it, or wait for its end`);
  const text = await readTypedText(store, workspaceId, invocationId);
  if (text === undefined) return no(`what was typed for ${command} was erased: type it anew`);
  if (isMasked(text)) return no(`what was typed for ${command} held a secret: type it anew`);
  return { ok: true, text };
}

function no(line: string): { ok: false; refusal: Answer } {
  return { ok: false, refusal: refuse(line) };
}
