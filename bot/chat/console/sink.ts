import { styleText } from "node:util";
import type { ConsoleOutput } from "./deps.ts";

/** `stderr`: what a command writes there; `note`: what is said beside the answers. */
export type Tone = "plain" | "stderr" | "problem" | "note";

const COLOURS = { stderr: "yellow", problem: "red", note: "dim" } as const;

export interface Sink {
  isTerminal: boolean;
  write(content: string | Uint8Array, tone?: Tone): void;
  /** Ends the line, if one is open. */
  freshLine(): void;
  flush(): Promise<void>;
  /** When it takes nothing any more; with the fault, unless its reader simply went away. */
  closed: Promise<Error | undefined>;
}

export interface SinkOptions {
  hasColours: boolean;
  /** Whether the next character starts a line; shared by streams that end on one terminal. */
  line: { isFresh: boolean };
}

/** One stream to write to; what is written once nobody reads it is dropped. */
export function createSink(stream: ConsoleOutput, { hasColours, line }: SinkOptions): Sink {
  let isOpen = true;
  const closed = new Promise<Error | undefined>((resolve) => {
    const close = (error?: Error) => {
      isOpen = false;
      resolve(error && hasReaderLeft(error) ? undefined : error);
    };
    // Stays for good: without a listener an error that comes late would end the program.
    stream.on("error", close);
    stream.once("close", close);
  });

  function write(content: string | Uint8Array, tone: Tone = "plain"): void {
    const last = content.at(-1);
    if (!isOpen || last === undefined) return;
    line.isFresh = last === "\n" || last === 0x0a;
    const isPlain = !hasColours || tone === "plain" || typeof content !== "string";
    stream.write(isPlain ? content : paint(content, COLOURS[tone]));
  }

  async function flush(): Promise<void> {
    if (!isOpen) return;
    const written = new Promise<void>((resolve) => stream.write("", () => resolve()));
    await Promise.race([written, closed]);
  }

  return {
    isTerminal: stream.isTTY ?? false,
    write,
    freshLine: () => {
      if (!line.isFresh) write("\n");
    },
    flush,
    closed,
  };
}

/** A pipe whose other end was closed, a terminal that has gone. */
function hasReaderLeft(error: Error): boolean {
  return "code" in error && (error.code === "EPIPE" || error.code === "EIO");
}

function paint(text: string, colour: (typeof COLOURS)[keyof typeof COLOURS]): string {
  return styleText(colour, text, { validateStream: false });
}
