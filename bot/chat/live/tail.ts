import type { OutputStream } from "../../../relay/wire/frames.ts";
import { createTerminalText } from "../../replies/terminal-text.ts";

export interface TailLimits {
  characters: number;
  lines: number;
}

/** The end of an output, as text that only shows. */
export interface Tail {
  write(stream: OutputStream, bytes: Uint8Array): void;
  /** What no character was made of yet is shown as it is. */
  end(): void;
  text(): string;
  /** Whether something stood before what is kept. */
  isCut(): boolean;
}

export function createTail(limits: TailLimits): Tail {
  const streams = { stdout: createTerminalText(), stderr: createTerminalText() };
  let kept = "";
  let isCut = false;

  function add(text: string): void {
    kept += text;
    // Not with each piece: cutting costs as much as what is kept is long.
    if (kept.length > 4 * limits.characters) cut();
  }

  function cut(): void {
    const shorter = endOf(kept, limits);
    isCut ||= shorter.length < kept.length;
    kept = shorter;
  }

  return {
    write: (stream, bytes) => add(streams[stream].write(bytes)),
    end: () => add(streams.stdout.end() + streams.stderr.end()),
    text() {
      cut();
      return kept.replace(/\n+$/, "").toWellFormed();
    },
    isCut() {
      cut();
      return isCut;
    },
  };
}

/** Whole lines where that leaves at least half of the characters; an open line stays open. */
function endOf(text: string, { characters, lines }: TailLimits): string {
  const body = text.replace(/\n+$/, "");
  const after = text.slice(body.length).slice(0, lines);
  const few = body.split("\n").slice(-lines).join("\n");
  if (few.length <= characters) return few + after;
  const end = few.slice(-characters).replace(/^[\udc00-\udfff]/, "");
  const start = end.indexOf("\n") + 1;
  return (start > 0 && start <= characters / 2 ? end.slice(start) : end) + after;
}
