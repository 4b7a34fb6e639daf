import type { LiveContent } from "../live/content.ts";
import { cancelButton } from "./buttons.ts";
import { codeBlock, escaped, MOST_CHARACTERS } from "./text.ts";

const SIGNS = { running: "⏳", ok: "✅", problem: "❌" } as const;
const LONGEST_HEAD = 300;

/** The tail that surely has room below its head. */
export const LIVE_TAIL = { characters: 1500, lines: 25 } as const;

/** The message about an execution. */
export function liveText(content: LiveContent) {
  const { executionId, head, tone, tail, note, canCancel } = content;
  const first = `${SIGNS[tone]} ${escaped(head.slice(0, LONGEST_HEAD))}`;
  const last = note === undefined ? "" : `\n${escaped(note)}`;
  const room = MOST_CHARACTERS - first.length - last.length - 1;
  const shown = tail === "" ? "" : `\n${codeBlock(tail, room)}`;
  return {
    content: `${first}${shown}${last}`,
    components: canCancel ? [cancelButton(executionId)] : [],
  };
}
