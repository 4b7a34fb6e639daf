import { recordEvent } from "../../audit/event.ts";
import type { AuditLine } from "../../audit/line.ts";
import { readAuditPage } from "../../audit/read.ts";
import { type Answer, say } from "../../replies/answer.ts";
import { wordsForAge } from "../../replies/words.ts";
import type { Asked } from "./asked.ts";

const MOST = 20;

/** The last lines of the audit. Who reads it is on record, like every invocation. */
export async function answerAudit({
  dispatch,
  view,
  request,
  message,
  now,
}: Asked): Promise<Answer> {
  const { store } = dispatch;
  const { options } = request.parsed;
  const asked = { user: options.user?.[0], command: options.command?.[0] };
  const { adapter: method, channel } = message;
  const { userId: actorId } = request.caller;
  const detail = { ...asked, limit: MOST, channel };
  await recordEvent(store, view.workspaceId, { kind: "audit.read", method, actorId, detail });
  const { lines, next } = await readAuditPage(store, view.workspaceId, asked, { limit: MOST });
  if (lines.length === 0) {
    return say(next === null ? "nothing like that is on record" : "nothing like that lately");
  }
  return say({
    kind: "table",
    columns: ["when", "who", "what", "outcome", "relay"],
    rows: lines.map((line) => [
      wordsForAge(now.getTime() - Date.parse(line.at)),
      line.user ?? "",
      whatOf(line),
      [line.outcome, line.exitCode].filter((part) => part !== null).join(" "),
      line.relay ?? "",
    ]),
  });
}

function whatOf({ kind, text, command, object, isErased }: AuditLine): string {
  if (kind === "invocation.requested") return isErased ? `${command ?? ""} (erased)` : (text ?? "");
  return [kind, object].filter((part) => part !== null).join(" ");
}
