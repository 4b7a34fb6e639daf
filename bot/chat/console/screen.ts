import type { OutputStream } from "../../../relay/wire/frames.ts";
import { withoutControls } from "../../replies/plain-text.ts";
import { createTerminalText } from "../../replies/terminal-text.ts";
import type { ConsoleOutput } from "./deps.ts";
import { createSink, type Tone } from "./sink.ts";

/** Where everything is shown. Text stands on lines of its own, whatever came before it. */
export interface Screen {
  say(text: string, tone: Tone): void;
  /** A place for the output of one command. */
  commandOutput(): CommandOutput;
  /** Ends a line that has been left open. */
  freshLine(): void;
  /** Resolves when everything has been handed to the system. */
  flush(): Promise<void>;
  /** When nobody can read the answers any more; with the fault, if that is one. */
  closed: Promise<Error | undefined>;
}

export interface CommandOutput {
  write(stream: OutputStream, bytes: Uint8Array): void;
  end(): void;
}

export interface ScreenOptions {
  output: ConsoleOutput;
  errorOutput: ConsoleOutput;
  /** With a person in front of it: in colour, and with the notes among the answers. */
  isInteractive: boolean;
}

export function createScreen({ output, errorOutput, isInteractive }: ScreenOptions): Screen {
  const hasColours = isInteractive && (output.hasColors?.() ?? false);
  const line = { isFresh: true };
  const isOneTerminal = Boolean(output.isTTY && errorOutput.isTTY);
  const stdout = createSink(output, { hasColours, line });
  const stderr = createSink(errorOutput, {
    hasColours: hasColours && isOneTerminal,
    line: isOneTerminal ? line : { isFresh: true },
  });

  function say(text: string, tone: Tone): void {
    const sink = tone === "note" && !isInteractive ? stderr : stdout;
    sink.freshLine();
    sink.write(withoutControls(text), tone);
    sink.freshLine();
  }

  function commandOutput(): CommandOutput {
    const places = { stdout: placeOn(stdout, "plain"), stderr: placeOn(stderr, "stderr") };
    return {
      write: (stream, bytes) => places[stream].write(bytes),
      end: () => {
        for (const place of [places.stdout, places.stderr]) place.end();
      },
    };
  }

  return {
    say,
    commandOutput,
    freshLine: () => stdout.freshLine(),
    flush: async () => void (await Promise.all([stdout.flush(), stderr.flush()])),
    closed: stdout.closed,
  };
}

type Sink = ReturnType<typeof createSink>;

/** A terminal is shown text that it cannot act on; anything else gets the bytes as they are. */
function placeOn(sink: Sink, tone: Tone): { write(bytes: Uint8Array): void; end(): void } {
  if (!sink.isTerminal) return { write: (bytes) => sink.write(bytes), end: () => sink.freshLine() };
  const text = createTerminalText();
  return {
    write: (bytes) => sink.write(text.write(bytes), tone),
    end: () => {
      sink.write(text.end(), tone);
      sink.freshLine();
    },
  };
}
