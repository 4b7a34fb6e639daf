import { stripVTControlCharacters } from "node:util";
import type { Answer, Block } from "./answer.ts";

/** An answer as lines of text, for a terminal or a script. */
export function printAnswer(answer: Answer): string {
  return answer.blocks.map(printBlock).join("\n");
}

function printBlock(block: Block): string {
  switch (block.kind) {
    case "text":
    case "code":
      return block.text;
    case "fields":
      return printTable(block.fields.map(([name, value]) => [`${name}:`, value]));
    case "table":
      return printTable([block.columns.map((name) => name.toUpperCase()), ...block.rows]);
  }
}

/** Columns as wide as their widest cell; no trailing white space. */
export function printTable(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, index) => {
      widths[index] = Math.max(widths[index] ?? 0, cell.length);
    });
  }
  return rows
    .map((row) =>
      row
        .map((cell, index) => cell.padEnd(widths[index] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it is there to remove
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g;

/** Text without anything that a terminal would act on; tabs and line ends stay. */
export function withoutControls(text: string): string {
  return stripVTControlCharacters(text).replace(CONTROL, "");
}
