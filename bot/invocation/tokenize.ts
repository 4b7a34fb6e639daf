import { readsAsNumber } from "./option-word.ts";
import type { InvocationProblem } from "./problem.ts";

/** A word as the program will get it, and where it was typed. */
export interface Word {
  text: string;
  start: number;
  end: number;
}

export type Tokens =
  | { ok: true; words: readonly Word[] }
  | { ok: false; problem: InvocationProblem };

type Scan = { ok: true; text: string; end: number } | { ok: false; problem: InvocationProblem };

const SPACE = /\p{White_Space}/u;
const DOUBLE = '"“”„‟';
const SINGLE = "'‘’‚‛";
const FENCE = "```";
const OPTION_START = /^(--?|[—–])[^=]+=$/;
const ESCAPES: ReadonlyMap<string, string> = new Map([
  ["n", "\n"],
  ["t", "\t"],
  ["\\", "\\"],
]);
const MAX_WORD_BYTES = 64 * 1024;

/** Splits what was typed into words, from `start` on. */
export function tokenize(text: string, start = 0): Tokens {
  const words: Word[] = [];
  let at = start;
  for (;;) {
    while (at < text.length && SPACE.test(text.charAt(at))) at++;
    if (at >= text.length) return { ok: true, words };
    const scan = scanWord(text, at);
    if (!scan.ok) return scan;
    const word = { text: plainDashes(scan.text.toWellFormed()), start: at, end: scan.end };
    const problem = problemWith(word);
    if (problem) return { ok: false, problem };
    words.push(word);
    at = scan.end;
  }
}

/** Phones write a long dash for two hyphens, and sometimes a middle one. */
export function plainDashes(word: string): string {
  const rest = word.slice(1);
  if (word.startsWith("—")) return `--${rest}`;
  if (!word.startsWith("–")) return word;
  const name = rest.split("=", 1)[0] ?? "";
  const isShort = [...name].length <= 1 || readsAsNumber(`-${rest}`);
  return isShort ? `-${rest}` : `--${rest}`;
}

/** A quote opens only at the start of a word or right after an option's `=`. */
function scanWord(text: string, start: number): Scan {
  let value = "";
  let at = start;
  let mayOpen = true;
  let hasEquals = false;
  while (at < text.length && !SPACE.test(text.charAt(at))) {
    const quoted: Scan | undefined = mayOpen ? scanQuoted(text, at) : undefined;
    if (quoted && !quoted.ok) return quoted;
    const character = text.charAt(at);
    value += quoted ? quoted.text : character;
    at = quoted ? quoted.end : at + 1;
    mayOpen = !quoted && !hasEquals && character === "=" && OPTION_START.test(value);
    hasEquals ||= character === "=";
  }
  return { ok: true, text: value, end: at };
}

function scanQuoted(text: string, start: number): Scan | undefined {
  if (text.startsWith(FENCE, start)) return scanBlock(text, start);
  const opening = text.charAt(start);
  if (DOUBLE.includes(opening)) return scanDouble(text, start);
  return SINGLE.includes(opening) ? scanSingle(text, start) : undefined;
}

function scanSingle(text: string, start: number): Scan {
  for (let at = start + 1; at < text.length; at++) {
    if (!SINGLE.includes(text.charAt(at))) continue;
    return { ok: true, text: text.slice(start + 1, at), end: at + 1 };
  }
  return unclosed(start);
}

function scanDouble(text: string, start: number): Scan {
  let value = "";
  for (let at = start + 1; at < text.length; at++) {
    const character = text.charAt(at);
    if (DOUBLE.includes(character)) return { ok: true, text: value, end: at + 1 };
    const next = text.charAt(at + 1);
    const escaped = next !== "" && DOUBLE.includes(next) ? next : ESCAPES.get(next);
    if (character === "\\" && escaped !== undefined) {
      value += escaped;
      at++;
    } else {
      value += character;
    }
  }
  return unclosed(start);
}

function scanBlock(text: string, start: number): Scan {
  const from = start + FENCE.length;
  const end = text.indexOf(FENCE, from);
  if (end < 0) {
    const message = `the code block at character ${start + 1} is never closed by \`\`\``;
    return { ok: false, problem: { code: "unclosed-block", message, position: start } };
  }
  const body = text
    .slice(from, end)
    .replace(/^\r?\n/, "")
    .replace(/\r?\n$/, "");
  return { ok: true, text: body, end: end + FENCE.length };
}

function unclosed(start: number): Scan {
  const message = `the quote at character ${start + 1} is never closed`;
  return { ok: false, problem: { code: "unclosed-quote", message, position: start } };
}

function problemWith({ text, start }: Word): InvocationProblem | undefined {
  if (text.includes("\0")) {
    return {
      code: "bad-character",
      message: "a word cannot hold the character NUL",
      position: start,
    };
  }
  if (Buffer.byteLength(text) <= MAX_WORD_BYTES) return undefined;
  return { code: "too-long", message: "a word has at most 64 KiB", position: start };
}
