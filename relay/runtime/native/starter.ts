import type { Readable } from "node:stream";
import type { Exit } from "../runtime.ts";
import type { StartRequest } from "./frames.ts";

/** Starts processes for the native runtime: here, or in a forker. */
export interface Starter {
  /** What prevents a start is an answer. */
  start(request: StartRequest): Promise<StartedProcess | Exit>;
  stop(): Promise<void>;
}

export interface StartedProcess {
  /** Also the number of its group. */
  pid: number;
  startMark: string;
  stdout: Readable;
  stderr: Readable;
  exit: Promise<Exit>;
  /** To every process of its group. */
  signal(signal: "SIGTERM" | "SIGKILL"): void;
}

export function exitOf(code: number | null, signal: string | null): Exit {
  return signal === null ? { kind: "exited", code: code ?? 0 } : { kind: "signalled", signal };
}

/** The codes that a shell gives: 127 for what is not there, 126 for what cannot be executed. */
export function notStarted(code: string | undefined, message: string): Exit {
  switch (code) {
    case "ENOENT":
      return { kind: "not-started", code: 127, reason: "command not found" };
    case "EACCES":
      return { kind: "not-started", code: 126, reason: "the command is not executable" };
    case "E2BIG":
      return { kind: "not-started", code: 126, reason: "the arguments are too long for the host" };
    default:
      return { kind: "not-started", code: 126, reason: `cannot be started: ${message}` };
  }
}
