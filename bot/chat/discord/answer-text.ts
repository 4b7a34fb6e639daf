import type { Answer, Block } from "../../replies/answer.ts";
import { printAnswer, printTable, withoutControls } from "../../replies/plain-text.ts";
import { codeBlocks, escaped, MOST_CHARACTERS, splitText } from "./text.ts";

/** An answer as Discord shows it: a few messages, or a short one with a file. */
export interface DiscordAnswer {
  contents: readonly string[];
  file?: { name: string; bytes: Uint8Array };
}

const MOST_MESSAGES = 3;

export function answerText(answer: Answer): DiscordAnswer {
  const contents = packed(answer.blocks.flatMap(partsOf));
  if (contents.length <= MOST_MESSAGES) return { contents };
  const bytes = Buffer.from(`${withoutControls(printAnswer(answer))}\n`);
  return { contents: [contents[0] ?? ""], file: { name: "answer.txt", bytes } };
}

function partsOf(block: Block): string[] {
  switch (block.kind) {
    case "text":
      return splitText(escaped(block.text));
    case "code":
      return codeBlocks(block.text);
    case "fields":
      return splitText(
        block.fields.map(([name, value]) => `**${escaped(name)}:** ${escaped(value)}`).join("\n"),
      );
    case "table":
      return codeBlocks(
        printTable([block.columns.map((name) => name.toUpperCase()), ...block.rows]),
      );
  }
}

/** As many parts in one message as fit, each on lines of its own. */
function packed(parts: readonly string[]): string[] {
  const messages: string[] = [];
  for (const part of parts) {
    const last = messages.at(-1);
    const joined = last === undefined ? part : `${last}\n${part}`;
    if (last !== undefined && joined.length <= MOST_CHARACTERS) messages.splice(-1, 1, joined);
    else messages.push(part);
  }
  return messages.filter((message) => message.trim() !== "");
}
