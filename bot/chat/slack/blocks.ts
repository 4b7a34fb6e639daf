import type { types } from "@slack/bolt";
import type { Answer, Block } from "../../replies/answer.ts";
import { printAnswer, printTable } from "../../replies/plain-text.ts";
import type { LiveContent } from "../live/content.ts";
import { MOST_MESSAGES } from "./limits.ts";
import { inMessages, type Piece, richText, shown } from "./rich-text.ts";
import { escaped } from "./typed-text.ts";

/** What one message of Slack holds: its blocks, and the line for notifications. */
export interface Content {
  text: string;
  blocks: types.KnownBlock[];
}

/** The button's name in what Slack sends when it is pressed. */
export const CANCEL_ACTION = "aldis_cancel";

const LONGEST_NOTIFICATION = 300;
const EMOJI = { running: "hourglass_flowing_sand", ok: "white_check_mark", problem: "x" } as const;

export function answerContents(answer: Answer): Content[] {
  const messages = inMessages(answer.blocks.flatMap(piecesOf));
  const text = notification(printAnswer(answer));
  const shownMessages = messages.slice(0, MOST_MESSAGES);
  const left = messages.length - shownMessages.length;
  const note: Piece = { kind: "plain", text: `… ${left} more messages are left out` };
  if (left > 0) shownMessages.at(-1)?.push(note);
  return shownMessages.map((pieces) => ({ text, blocks: [richText(pieces)] }));
}

/** One message, whatever the output is: its tail has been cut to what fits. */
export function liveContent(content: LiveContent): Content {
  const { head, tail, note, tone, canCancel, executionId } = content;
  const pieces: Piece[] = [];
  if (note !== undefined) pieces.push({ kind: "plain", text: note });
  if (shown(tail).trim() !== "") pieces.push({ kind: "code", text: tail });
  const [fitting = []] = inMessages(pieces);
  const block = richText(fitting);
  const emoji = { type: "emoji" as const, name: EMOJI[tone] };
  const said = { type: "text" as const, text: ` ${shown(head).slice(0, 1_000).toWellFormed()}` };
  block.elements.unshift({ type: "rich_text_section", elements: [emoji, said] });
  const blocks: types.KnownBlock[] = [block];
  if (canCancel) blocks.push(cancelButton(executionId));
  return { text: notification(head), blocks };
}

function cancelButton(executionId: string): types.ActionsBlock {
  return {
    type: "actions",
    elements: [
      {
        type: "button",
        action_id: CANCEL_ACTION,
        text: { type: "plain_text", text: "Cancel", emoji: false },
        style: "danger",
        value: executionId,
      },
    ],
  };
}

function piecesOf(block: Block): Piece[] {
  switch (block.kind) {
    case "text":
      return [{ kind: "plain", text: block.text }];
    case "code":
      return [{ kind: "code", text: block.text }];
    case "fields":
      return block.fields.map(([name, text]) => ({
        kind: "plain",
        name: `${name}: `,
        text,
      }));
    case "table": {
      const header = block.columns.map((name) => name.toUpperCase());
      return [{ kind: "code", text: printTable([header, ...block.rows]) }];
    }
  }
}

/** Shown in notifications and where blocks are not; Slack reads markup in it. */
function notification(text: string): string {
  const line = shown(text).slice(0, LONGEST_NOTIFICATION).toWellFormed();
  return escaped(line.trim() === "" ? "answer" : line);
}
