import { StringDecoder } from "node:string_decoder";
import { withoutControls } from "./plain-text.ts";

/** The bytes of one stream as text that a terminal only shows, piece by piece. */
export interface TerminalText {
  write(bytes: Uint8Array): string;
  end(): string;
}

/**
 * Where in a control sequence the text stands (ECMA-48, 5.3 to 5.6). Nothing is held back: what
 * belongs to a sequence is dropped as it comes.
 *
 * ```
 * text ─ ESC ─► escape ─ [ ─────────► control ── a final byte ──► text
 *                 ├──── ] P X ^ _ ──► string ─── BEL, ST, line end ► text
 *                 ├──── space … / ──► escaped ── a final byte ──► text
 *                 └──── others ─────► text
 * ```
 */
type Place = "text" | "escape" | "escaped" | "control" | "string";

interface Stripping {
  place: Place;
  /** How much of the sequence has been dropped. */
  dropped: number;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it is there to find
const INTRODUCER = /[\u001b\u0090\u0098\u009b\u009d-\u009f]/g;
/** A sequence that is longer than this was none: what follows is shown. */
const LONGEST_SEQUENCE = 4096;

export function createTerminalText(): TerminalText {
  const decoder = new StringDecoder("utf8");
  const stripping: Stripping = { place: "text", dropped: 0 };
  const returns = { isPending: false, atLineStart: true };
  const show = (text: string) =>
    withoutControls(withoutReturns(returns, withoutSequences(stripping, text)));
  return {
    write: (bytes) => show(decoder.write(Buffer.from(bytes))),
    end: () => show(decoder.end()),
  };
}

function withoutSequences(state: Stripping, text: string): string {
  let kept = "";
  let at = 0;
  while (at < text.length) {
    if (state.place === "text") {
      INTRODUCER.lastIndex = at;
      const start = INTRODUCER.exec(text)?.index ?? text.length;
      kept += text.slice(at, start);
      at = start + 1;
      if (start < text.length) Object.assign(state, { place: opened(text[start]), dropped: 0 });
    } else {
      const isTooLong = state.dropped++ >= LONGEST_SEQUENCE;
      const next = isTooLong ? undefined : step(state.place, text[at] ?? "");
      state.place = next ?? "text";
      if (next !== undefined) at++;
    }
  }
  return kept;
}

function opened(introducer: string | undefined): Place {
  if (introducer === "\u001b") return "escape";
  return introducer === "\u009b" ? "control" : "string";
}

/** Where the character leads; undefined when it is no part of the sequence, which ends before it. */
function step(place: Exclude<Place, "text">, char: string): Place | undefined {
  if (char === "\u001b") return "escape";
  switch (place) {
    case "escape":
      if (char === "[") return "control";
      if ("]PX^_".includes(char)) return "string";
      return /[ -/]/.test(char) ? "escaped" : endsAt(char, /[0-~]/);
    case "escaped":
      return /[ -/]/.test(char) ? "escaped" : endsAt(char, /[0-~]/);
    case "control":
      return /[ -?]/.test(char) ? "control" : endsAt(char, /[@-~]/);
    case "string":
      if (char === "\n") return undefined;
      return "\u0007\u0018\u001a\u009c".includes(char) ? "text" : "string";
  }
}

function endsAt(char: string, final: RegExp): Place | undefined {
  return final.test(char) ? "text" : undefined;
}

/**
 * A carriage return would let a command write over what is shown already, so each state of a
 * progress bar gets a line of its own.
 */
function withoutReturns(
  state: { isPending: boolean; atLineStart: boolean },
  piece: string,
): string {
  if (piece === "") return "";
  const text = state.isPending ? `\r${piece}` : piece;
  state.isPending = text.endsWith("\r");
  const lines = text
    // First, lest what follows looks at a long run again from each place in it.
    .replace(/\r+/g, "\r")
    .replace(/\r$/, "")
    .replace(/\r\n/g, "\n")
    .replace(state.atLineStart ? /(^|\n)\r/g : /(\n)\r/g, "$1")
    .replace(/\r/g, "\n");
  if (lines !== "") state.atLineStart = lines.endsWith("\n");
  return lines;
}
