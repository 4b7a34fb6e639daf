import type { Readable, Writable } from "node:stream";
import type { ChatDeps } from "../adapter.ts";

export type ConsoleInput = Readable & { isTTY?: boolean };

export type ConsoleOutput = Writable & {
  isTTY?: boolean;
  columns?: number;
  /** Terminals have it, and answer by what they can do and by NO_COLOR. */
  hasColors?(): boolean;
};

export interface ConsoleDeps extends ChatDeps {
  cancel(executionId: string): Promise<void>;
  /** What the user may run, as it is typed: `!demo:echo`, `!echo`. */
  completions(): Promise<readonly string[]>;
  /** The account of whoever types. */
  user: string;
  input: ConsoleInput;
  output: ConsoleOutput;
  errorOutput: ConsoleOutput;
  historyFile?: string;
  /** A line as the history may keep it: without what is secret in it. */
  withoutSecrets?(line: string): string;
  prompt?: string;
}
