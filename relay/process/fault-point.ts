import { appendFileSync, existsSync } from "node:fs";
import { uuidv7 } from "../wire/ids.ts";

/** Where a relay can be made to fail, in the order in which an execution comes past. */
export const RELAY_FAULT_STEPS = [
  "offer-received",
  "claim-sent",
  "permit-received",
  "process-created",
  "started",
  "half-the-output",
  "result-written",
  "result-sent",
  "receipt-received",
] as const;

/** Where a bot can be made to fail, in the order in which an execution comes past. */
export const BOT_FAULT_STEPS = [
  "recorded",
  "offered",
  "started-committed",
  "permit-sent",
  "result-committed",
  "answer-posted",
] as const;

export type FaultStep = (typeof RELAY_FAULT_STEPS)[number] | (typeof BOT_FAULT_STEPS)[number];

/** Environment variables of this file; no settings, so that no configuration file has them. */
export const FAULT_VARIABLES = ["ALDIS_FAULT_POINT", "ALDIS_FAULT_FILE"] as const;

interface FaultPoint {
  step: string;
  /** Of the executions that come past the step, the one that meets the fault. */
  nth: number;
  fault: "kill" | "pause";
  file: string;
  /** No execution that is older than this id counts: what an earlier process left may come past. */
  since: string;
  seen: Set<string>;
}

const STEPS: readonly string[] = [...RELAY_FAULT_STEPS, ...BOT_FAULT_STEPS];
const NOT_UNDERSTOOD =
  "ALDIS_FAULT_POINT has no effect: write STEP[:NTH]=kill or STEP[:NTH]=pause, with ALDIS_FAULT_FILE beside it";

// The one state of a module: handed through every part, it would cost all of them a dependency.
let armed: FaultPoint | undefined;

/**
 * Arms the fault point that the environment names, for tests with real processes, and warns of it.
 * Only a program calls this, once, with the environment that it was started with: no configuration
 * file, message or request can arm a fault point, and none can say what it does.
 *
 * `ALDIS_FAULT_POINT=claim-sent:2=kill` ends the process, as `kill -9` does, when the second
 * execution that is recorded from now on comes to that step; `pause` holds the whole process there until a file named
 * `ALDIS_FAULT_FILE` and `.release` appears. Either way `ALDIS_FAULT_FILE` gets a line first.
 */
export function armFaultPoint(
  env: Readonly<Record<string, string | undefined>>,
  log: { warn(facts: object, message: string): void },
): void {
  const { ALDIS_FAULT_POINT: text, ALDIS_FAULT_FILE: file } = env;
  if (!text) return;
  armed = parse(text, file);
  if (armed) log.warn({ faultPoint: text }, "this process is going to fail on purpose: for tests");
  else log.warn({ faultPoint: text }, NOT_UNDERSTOOD);
}

/** Says that an execution has come to a step; does nothing unless that fault point is armed. */
export function reach(step: FaultStep, executionId: string): void {
  if (armed !== undefined) meet(armed, step, executionId);
}

/** For what was just handed to the bus: by the next turn of the event loop it has left. */
export function reachOnceSent(step: FaultStep, executionId: string): void {
  if (armed !== undefined) setImmediate(meet, armed, step, executionId);
}

function parse(text: string, file: string | undefined): FaultPoint | undefined {
  const [, step = "", nth = "1", fault] = /^([a-z-]+)(?::(\d+))?=(kill|pause)$/.exec(text) ?? [];
  if (!file || !STEPS.includes(step) || (fault !== "kill" && fault !== "pause")) return undefined;
  return { step, nth: Number(nth), fault, file, since: uuidv7(), seen: new Set() };
}

function meet(point: FaultPoint, step: FaultStep, executionId: string): void {
  if (point.step !== step || point.seen.has(executionId) || executionId < point.since) return;
  point.seen.add(executionId);
  if (point.seen.size !== point.nth) return;
  appendFileSync(point.file, `${step} ${executionId}\n`);
  if (point.fault === "kill") process.kill(process.pid, "SIGKILL");
  while (!existsSync(`${point.file}.release`)) block(5);
}

/** Nothing else of the process goes on meanwhile, as if it had been stopped there. */
function block(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
