import type { Exit } from "../runtime/runtime.ts";
import type { Result } from "../wire/messages.ts";

/** Why the relay itself ended, or never began, an execution. */
export type Ending = "cancelled" | "timed-out" | "interrupted";

/** How an attempt ended, without where and when. */
export type Outcome = Pick<Result, "status" | "exitCode" | "signal" | "reason">;

/** How what was started ended. */
type StartedExit = Exclude<Exit, { kind: "withheld" }>;

/** What the process said of its end, unless the relay had asked it to end. */
export function outcomeOf(exit: Exit, ending: Ending | undefined, timeoutMs: number): Outcome {
  if (exit.kind === "withheld") return outcomeOfUnbegun(ending);
  const facts = factsOf(exit);
  if (exit.kind === "not-started") return { status: "failed", ...facts };
  if (exit.kind === "lost") return { status: "interrupted", ...facts };
  switch (ending) {
    case "cancelled":
      return { status: "cancelled", ...facts };
    case "timed-out":
      return { status: "timed-out", ...facts, reason: `stopped after ${seconds(timeoutMs)}` };
    case "interrupted":
      return { status: "interrupted", ...facts, reason: "the relay was stopping" };
    default:
      return { status: facts.exitCode === 0 ? "succeeded" : "failed", ...facts };
  }
}

/** For what was permitted and certainly did not begin. */
export function outcomeOfUnbegun(ending: Ending | undefined, reason?: string): Outcome {
  if (ending === "cancelled") return { status: "cancelled", reason: "cancelled before it began" };
  return { status: "not-begun", reason: reason ?? "the relay was stopping" };
}

function factsOf(exit: StartedExit): Pick<Result, "exitCode" | "signal" | "reason"> {
  switch (exit.kind) {
    case "exited":
      return { exitCode: exit.code, ...(exit.reason !== undefined && { reason: exit.reason }) };
    case "signalled":
      return { signal: exit.signal, reason: exit.reason ?? `ended by ${exit.signal}` };
    case "lost":
      return { reason: exit.reason };
    case "not-started":
      return { exitCode: exit.code, reason: exit.reason };
  }
}

function seconds(ms: number): string {
  return ms < 1_000 ? `${ms} ms` : `${Number((ms / 1000).toFixed(1))} s`;
}
