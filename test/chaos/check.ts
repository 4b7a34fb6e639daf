import { decodeFrames } from "../../relay/wire/frames.ts";
import { outputDigestOf } from "../../relay/wire/output-digest.ts";
import { type Printing, printedBy } from "../faults/marking.ts";
import type { Fact } from "./facts.ts";

/** States in which a command may have run. */
const MAY_HAVE_RUN: ReadonlySet<string> = new Set(["succeeded", "interrupted", "unknown"]);
const UNSETTLED: ReadonlySet<string> = new Set(["queued", "offered", "started"]);

/** What is wrong with one execution; nothing if every invariant holds. */
export function checkExecution(
  fact: Fact,
  timesRun: number,
  printing: Printing | undefined,
): string[] {
  const { state, reason } = fact;
  const hasEnded = state !== "unknown" && !UNSETTLED.has(state);
  const ends = hasEnded ? 1 : 0;
  const wrong = [
    UNSETTLED.has(state) && `is still ${state} (${reason})`,
    timesRun > 1 && `ran ${timesRun} times`,
    timesRun > 0 && !MAY_HAVE_RUN.has(state) && `ran, and is ${state} (${reason})`,
    state === "succeeded" && timesRun === 0 && "succeeded without having run",
    !UNSETTLED.has(state) && !MAY_HAVE_RUN.has(state) && `is ${state} (${reason}): why?`,
    fact.requested !== 1 && `was requested ${fact.requested} times`,
    fact.executionEnds !== ends && `ended ${fact.executionEnds} times, as ${state}`,
    fact.invocationEnds !== ends && `was answered ${fact.invocationEnds} times, as ${state}`,
    hasEnded && checkOutput(fact, printing),
  ];
  return wrong.flatMap((each) => (each ? [`${fact.id} ${each}`] : []));
}

/** Undefined if what is stored is what the relay has signed and what the command has printed. */
function checkOutput(fact: Fact, printing: Printing | undefined): string | undefined {
  const { frames, outputLength, outputDigest, state, id } = fact;
  const stored = frames ?? Buffer.alloc(0);
  if (outputLength === null) return "ended without a result";
  if (stored.length !== outputLength) return `has ${stored.length} of ${outputLength} bytes`;
  if (outputDigestOf(stored) !== outputDigest) return "has other output than the result says";
  // A line whose promise was lost is not known here.
  if (!printing) return undefined;
  const decoded = decodeFrames(stored) ?? [];
  const text = Buffer.concat(decoded.map(({ bytes }) => bytes)).toString("utf8");
  const whole = printedBy(id, printing);
  const expected = state === "succeeded" ? whole : whole.slice(0, text.length);
  return text === expected ? undefined : "has other output than it printed";
}
