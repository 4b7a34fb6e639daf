import { constants } from "node:os";
import type { Exit } from "../runtime.ts";

/** What a shell adds to the number of the signal that ended a process; engines do the same. */
const SIGNALLED = 128;

const NOT_FOUND: Exit = { kind: "not-started", code: 127, reason: "command not found" };
const NOT_EXECUTABLE: Exit = {
  kind: "not-started",
  code: 126,
  reason: "the command is not executable",
};
/** As sysexits has it: the service that it needs is not there. */
const UNAVAILABLE = 69;

/**
 * Engines tell an exit code of 137 and an end by SIGKILL apart no more than a shell does: both are
 * taken for the signal. `lacked` is the memory that it ran out of.
 */
export function exitOf(code: number, lackedBytes?: number): Exit {
  const reason = lackedBytes === undefined ? {} : { reason: outOfMemory(lackedBytes) };
  const signal = code > SIGNALLED ? signalOf(code - SIGNALLED) : undefined;
  if (signal !== undefined) return { kind: "signalled", signal, ...reason };
  return { kind: "exited", code, ...(code !== 0 && reason) };
}

/** The init process was there, and could not run the command. */
export function exitOfUnrunnable(code: number): Exit {
  return code === 127 ? NOT_FOUND : NOT_EXECUTABLE;
}

/** Reads from an engine's words why it could not start the command. */
export function exitOfRefusal(message: string): Exit {
  if (/exec:? .*(not found|no such file)/i.test(message)) return NOT_FOUND;
  if (/exec:? .*(permission denied|exec format error)/i.test(message)) return NOT_EXECUTABLE;
  return { kind: "not-started", code: 126, reason: `cannot be started: ${message}` };
}

export function exitOfAbsentImage(image: string): Exit {
  const reason = `image ${image} is not on this relay`;
  return { kind: "not-started", code: UNAVAILABLE, reason };
}

/** The engine said nothing, and nothing was started. */
export function exitOfSilence(message: string): Exit {
  return { kind: "not-started", code: UNAVAILABLE, reason: message };
}

export function lost(message: string): Exit {
  const reason = `${message}: how the command ended is not known, and it may still be running`;
  return { kind: "lost", reason };
}

/** How it ended is known; what it said while nobody listened is not. */
export function afterAbsence(exit: Exit): Exit {
  const reason = "the container engine went away while it ran: some of its output may be missing";
  return exit.kind === "exited" || exit.kind === "signalled" ? { reason, ...exit } : exit;
}

function signalOf(number: number): string | undefined {
  return Object.entries(constants.signals).find(([, each]) => each === number)?.[0];
}

function outOfMemory(bytes: number): string {
  return `out of memory: its limit is ${Number((bytes / 2 ** 20).toFixed(1))} MiB`;
}
