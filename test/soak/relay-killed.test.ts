import assert from "node:assert/strict";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readMarks } from "../faults/marking.ts";
import { canStartEngines } from "../support/engines.ts";
import { needs } from "../support/needs.ts";
import { waitFor } from "../support/wait.ts";
import { type Contained, openContained, printedBy } from "./contained.ts";
import { watchLeftBehind } from "./left-behind.ts";

const isHere = needs("an engine", canStartEngines);
let contained: Contained;
beforeAll(async () => {
  if (isHere) contained = await openContained("docker");
}, 180_000);
afterAll(() => contained?.stop());

test("a relay killed with a container running: it goes, and is said to be interrupted, once", async () => {
  const { land, relay, marks } = contained;
  const leftBehind = await watchLeftBehind(contained);
  const id = await land.caller.say("!soak:print 50 600");
  const whole = printedBy(id, 50);
  await waitFor(async () => (await land.caller.outputOf(id)).text === whole, {
    what: "its output",
  });
  const before = await leftBehind();

  await relay.kill();
  await relay.start();
  const { state, reason } = await land.caller.endOf(id);
  const { text, isComplete } = await land.caller.outputOf(id);
  await waitFor(async () => (await leftBehind()).length === 0, { what: "it to be gone" });

  expect(before).toContainEqual(expect.stringMatching(/^container /));
  assert.deepEqual([state, reason], ["interrupted", "the relay restarted while it ran"]);
  assert.deepEqual({ text, isComplete }, { text: whole, isComplete: true });
  assert.equal((await readMarks(marks)).get(id), 1);
}, 120_000);
