import { StringDecoder } from "node:string_decoder";

export interface Line {
  text: string;
  /** Whether it was longer than the limit, and only its beginning is here. */
  isCut: boolean;
}

export const MAX_LINE_CHARACTERS = 4 * 1024 * 1024;

export function isEmpty(line: string): boolean {
  return line.trim() === "";
}

export function isLeaving(line: string): boolean {
  return line.trim() === "exit" || line.trim() === "quit";
}

/**
 * The lines of a stream; the last one counts without a line end, too. Nothing more is read before
 * all the lines of a chunk have been taken.
 */
export async function* readLines(
  input: AsyncIterable<Uint8Array | string>,
  maxCharacters = MAX_LINE_CHARACTERS,
): AsyncGenerator<Line> {
  const decoder = new StringDecoder("utf8");
  let open: Line = { text: "", isCut: false };
  for await (const chunk of input) {
    const text = typeof chunk === "string" ? chunk : decoder.write(Buffer.from(chunk));
    const [first = "", ...others] = text.split("\n");
    open = longer(open, first, maxCharacters);
    for (const other of others) {
      yield withoutReturn(open);
      open = longer({ text: "", isCut: false }, other, maxCharacters);
    }
  }
  open = longer(open, decoder.end(), maxCharacters);
  if (open.text !== "") yield withoutReturn(open);
}

function longer({ text, isCut }: Line, more: string, maxCharacters: number): Line {
  const whole = isCut ? text : text + more;
  if (whole.length <= maxCharacters) return { text: whole, isCut };
  return { text: whole.slice(0, maxCharacters), isCut: true };
}

function withoutReturn(line: Line): Line {
  return line.text.endsWith("\r") ? { ...line, text: line.text.slice(0, -1) } : line;
}
