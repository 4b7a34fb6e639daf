import assert from "node:assert/strict";
import { describe, test } from "vitest";
import { encodeFrames } from "../../relay/wire/frames.ts";
import { outputDigestOf } from "../../relay/wire/output-digest.ts";
import { printedBy } from "../faults/marking.ts";
import { checkExecution } from "./check.ts";
import type { Fact } from "./facts.ts";

const PRINTING = { lines: 2, parts: 1, pauseS: 0 };

function factWith(change: Partial<Fact> = {}, printed = printedBy("e1", PRINTING)): Fact {
  const frames = Buffer.from(encodeFrames("stdout", Buffer.from(printed)));
  return {
    id: "e1",
    state: "succeeded",
    attempt: 1,
    reason: null,
    requested: 1,
    executionEnds: 1,
    invocationEnds: 1,
    outputLength: frames.length,
    outputDigest: outputDigestOf(frames),
    frames,
    ...change,
  };
}

test("an execution that ran once, ended once and printed what it should has nothing wrong", () => {
  assert.deepEqual(checkExecution(factWith(), 1, PRINTING), []);
});

describe("what the chaos run must find", () => {
  const broken: readonly (readonly [what: RegExp, fact: Fact, timesRun: number])[] = [
    [/ran 2 times/, factWith(), 2],
    [/succeeded without having run/, factWith(), 0],
    [/is still started/, factWith({ state: "started", executionEnds: 0, invocationEnds: 0 }), 1],
    [/ran, and is cancelled/, factWith({ state: "cancelled" }), 1],
    [/is expired/, factWith({ state: "expired" }), 0],
    [/requested 0 times/, factWith({ requested: 0 }), 1],
    [/ended 2 times/, factWith({ executionEnds: 2 }), 1],
    [/answered 0 times/, factWith({ invocationEnds: 0 }), 1],
    [/ended without a result/, factWith({ outputLength: null }), 1],
    [/has 0 of/, factWith({ frames: null }), 1],
    [/other output than the result says/, factWith({ outputDigest: "x" }), 1],
    [/other output than it printed/, factWith({}, "e1 1 1\n"), 1],
  ];

  test.each(broken)("%s", (what, fact, timesRun) => {
    const found = checkExecution(fact, timesRun, PRINTING);

    assert.match(found.join("\n"), what);
  });
});
