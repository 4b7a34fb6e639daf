import type { OfflineError } from "../invocation/offline.ts";
import type { LineValues } from "../invocation/offline-values.ts";
import { printTable, withoutControls } from "../replies/plain-text.ts";
import { printNote } from "./terminal.ts";

/** A line that was read, for people: text in quotes, so that nothing is taken for something else. */
export function lineTable(line: LineValues): string {
  const { bundle, command, argv } = line;
  const name = bundle === null ? command : `${bundle}:${command}`;
  const options = Object.entries(line.options).map(([key, value]) => `${key} = ${print(value)}`);
  const words = line.arguments?.map((value, index) => `[${index}] = ${print(value)}`);
  return withoutControls(
    printTable([
      ["command:", name],
      ...labelled("options:", options),
      ...labelled("arguments:", words ?? ["unknown"]),
      ["argv:", argv.length === 0 ? "none" : argv.map((word) => print(word)).join(" ")],
    ]),
  );
}

/** The line with a mark below what is wrong, and what that is. */
export function printOfflineError(text: string, { message, position }: OfflineError): void {
  const start = text.slice(0, position).lastIndexOf("\n") + 1;
  const [line = ""] = text.slice(start).split("\n", 1);
  const column = position - start;
  printPointed(line, column);
  printNote(`aldis: ${message}`);
}

/** One line, with a mark below the place. */
export function printPointed(line: string, column: number): void {
  const [before, after] = [shown(line.slice(0, column)), shown(line.slice(column))];
  printNote(`  ${before}${after}`);
  printNote(`  ${" ".repeat(widthOf(before))}^`);
}

function labelled(label: string, lines: readonly string[]): string[][] {
  if (lines.length === 0) return [[label, "none"]];
  return lines.map((line, index) => [index === 0 ? label : "", line]);
}

function print(value: unknown): string {
  if (value === null) return "unknown";
  // Told rather than left out: what a terminal hides is still in the word.
  return JSON.stringify(value).replace(/[\p{Cc}\p{Bidi_Control}]/gu, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}

function shown(text: string): string {
  return withoutControls(text).replace(/\s/g, " ");
}

/** In columns of a terminal, near enough to point at a word. */
function widthOf(text: string): number {
  const wide =
    /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Emoji_Presentation}]/gu;
  return text.replace(/\p{Mark}/gu, "").replace(wide, "  ").length;
}
