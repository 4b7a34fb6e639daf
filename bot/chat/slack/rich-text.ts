import type { types } from "@slack/bolt";
import { withoutControls } from "../../replies/plain-text.ts";
import { LONGEST_BLOCKS, LONGEST_TEXT, MOST_ELEMENTS } from "./limits.ts";

/** One paragraph, or one block of code. Its text means nothing to Slack: it is only shown. */
export interface Piece {
  kind: "plain" | "code";
  /** Stands in bold before the text. */
  name?: string;
  text: string;
}

type Element = types.RichTextSection | types.RichTextPreformatted;

/**
 * Rich text, in which text is data: a mention, a link or a code block would be an element of its
 * own, so that no text can become one.
 */
export function richText(pieces: readonly Piece[]): types.RichTextBlock {
  return { type: "rich_text", elements: pieces.map(elementOf) };
}

function elementOf({ kind, name, text }: Piece): Element {
  const said = { type: "text" as const, text };
  if (kind === "code") return { type: "rich_text_preformatted", elements: [said] };
  if (name === undefined) return { type: "rich_text_section", elements: [said] };
  const bold = { type: "text" as const, text: name, style: { bold: true } };
  return { type: "rich_text_section", elements: [bold, said] };
}

/** As many messages as it takes, each of which Slack accepts. */
export function inMessages(pieces: readonly Piece[]): Piece[][] {
  const messages: Piece[][] = [];
  let open: Piece[] = [];
  let size = 0;
  for (const piece of pieces.flatMap(split)) {
    const own = JSON.stringify(elementOf(piece)).length;
    if (open.length > 0 && (size + own > LONGEST_BLOCKS || open.length >= MOST_ELEMENTS)) {
      messages.push(open);
      [open, size] = [[], 0];
    }
    open.push(piece);
    size += own;
  }
  return open.length > 0 ? [...messages, open] : messages;
}

/** At line ends where there are some; what is left of a name stands before the first part only. */
function split({ kind, name, text }: Piece): Piece[] {
  const parts: Piece[] = [];
  let rest = shown(text);
  do {
    const length = fitting(rest);
    const head = parts.length === 0 && name !== undefined && { name: shown(name) };
    parts.push({ kind, ...head, text: orSpace(rest.slice(0, length).replace(/\n$/, "")) });
    rest = rest.slice(length);
  } while (rest !== "");
  return parts;
}

/** How much of the text fits into one element, also as JSON, in which a character may take six. */
function fitting(text: string): number {
  let length = Math.min(text.length, LONGEST_TEXT);
  while (JSON.stringify(text.slice(0, length)).length > LONGEST_BLOCKS / 2) length >>= 1;
  if (length === text.length) return length;
  const line = text.lastIndexOf("\n", length - 1) + 1;
  const end = line > length / 2 ? line : length;
  return /[\ud800-\udbff]/.test(text.charAt(end - 1)) ? end - 1 : end;
}

/** What Slack can be given: no control characters, no halves of characters. */
export function shown(text: string): string {
  return withoutControls(text).toWellFormed();
}

/** Slack refuses an empty text. */
function orSpace(text: string): string {
  return text === "" ? " " : text;
}
