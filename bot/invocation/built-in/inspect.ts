import { readAttempts, readTail, type StartedAttempt } from "../../dispatch/inspect.ts";
import { type Answer, type Block, say } from "../../replies/answer.ts";
import { wordsForAge } from "../../replies/words.ts";
import type { Asked } from "./asked.ts";
import { findExecutionNamed } from "./find-execution.ts";

const TAIL_LINES = 10;

/** All that is known of one execution: how it stands, where it was started, what it said last. */
export async function answerInspect(asked: Asked): Promise<Answer> {
  const { dispatch, view, now } = asked;
  const named = await findExecutionNamed(asked, {
    permission: "site:executions-read",
    onlyOpen: false,
    which: "that you may see",
  });
  if ("refusal" in named) return named.refusal;
  const { found } = named;
  const { workspaceId } = view;
  const relay = found.relayId === null ? undefined : dispatch.registry.find(found.relayId);
  const isSilent = relay !== undefined && !dispatch.registry.isReachable(relay);
  const attempts = await readAttempts(dispatch.store, workspaceId, found.id);
  const key = { workspaceId, executionId: found.id, attempt: found.attempt };
  const tail = textOf(await readTail(dispatch.store, key));
  const age = (at: Date) => wordsForAge(now.getTime() - at.getTime());
  const fields: [string, string][] = [
    ["execution", found.id],
    ["command", found.command],
    ["state", found.reason === null ? found.state : `${found.state}: ${found.reason}`],
    ["asked", `${age(found.queuedAt)} by ${found.user ?? "nobody known"}`],
    ...(relay ? [["relay", isSilent ? `${relay.name}, unreachable` : relay.name] as const] : []),
  ].map(([name = "", value = ""]) => [name, value]);
  const rows = attempts.map((attempt) => rowOf(attempt, age));
  const blocks: Block[] = [{ kind: "fields", fields }];
  if (rows.length > 0) blocks.push({ kind: "table", columns: COLUMNS, rows });
  if (tail !== "")
    blocks.push({ kind: "text", text: "it said last:" }, { kind: "code", text: tail });
  if (found.state === "unknown") blocks.push({ kind: "text", text: wayOn(view.prefix, found.id) });
  return say(...blocks);
}

const COLUMNS = ["start", "relay", "when", "its relay says"];

function rowOf(
  { attempt, relay, startedAt, outcome }: StartedAttempt,
  age: (at: Date) => string,
): string[] {
  return [String(attempt), relay ?? "removed", age(startedAt), outcome ?? "nothing yet"];
}

/** What a person can do where nobody knows how it went. */
export function wayOn(prefix: string, id: string): string {
  const end = id.slice(-12);
  const mark = `${prefix}mark ${end} succeeded (or failed)`;
  return `look there yourself; then ${prefix}rerun ${end}, or ${mark}`;
}

function textOf(frames: readonly { bytes: Uint8Array }[]): string {
  const text = Buffer.concat(frames.map(({ bytes }) => bytes)).toString("utf8");
  return text.trimEnd().split("\n").slice(-TAIL_LINES).join("\n");
}
