import assert from "node:assert/strict";
import { test } from "vitest";
import { type HoldDeps, holdStill } from "../../../../relay/runtime/engine/hold-still.ts";
import { waitFor } from "../../../support/wait.ts";

function scene(change: Partial<HoldDeps> = {}) {
  const calls: string[] = [];
  const gate = Promise.withResolvers<void>();
  const deps: HoldDeps = {
    async freeze() {
      calls.push("freeze");
      return true;
    },
    thaw: async () => void calls.push("thaw"),
    ahead: { start: () => void calls.push("ahead"), stop: () => void calls.push("no more") },
    patienceMs: 1,
    ...change,
  };
  const held = holdStill(() => gate.promise, deps);
  const giving = held.sink("stdout", Buffer.from("x"));
  return { calls, gate, held, giving };
}

test("a command stands still while nothing is taken, and goes on after that", async () => {
  const { calls, gate, held, giving } = scene();
  await waitFor(() => calls.includes("no more"));
  const before = [...calls];

  gate.resolve();
  await giving;
  await held.settled();

  assert.deepEqual(before, ["freeze", "no more"]);
  assert.deepEqual(calls, ["freeze", "no more", "no more", "thaw"]);
});

test("what has ended is read to memory", async () => {
  const { calls, gate, giving, held } = scene({ freeze: async () => false });
  await waitFor(() => calls.length > 0);

  gate.resolve();
  await giving;
  await held.settled();

  assert.deepEqual(calls, ["ahead", "no more"]);
});

test("an engine that does not answer in time may have thrown it away by then", async () => {
  const frozen = Promise.withResolvers<boolean>();
  const { calls, gate, giving, held } = scene({ freeze: () => frozen.promise });
  await waitFor(() => calls.length > 0);
  const before = [...calls];

  frozen.resolve(true);
  await waitFor(() => calls.length > 1);
  gate.resolve();
  await giving;
  await held.settled();

  assert.deepEqual(before, ["ahead"]);
  assert.deepEqual(calls, ["ahead", "no more", "no more", "thaw"]);
});

test("what is about to be ended goes on, and is read to memory", async () => {
  const { calls, gate, giving, held } = scene();
  await waitFor(() => calls.includes("no more"));

  await held.letEnd();
  const whileHeld = calls.slice(2);
  gate.resolve();
  await giving;
  await held.settled();

  assert.deepEqual(whileHeld, ["ahead", "thaw"]);
  assert.deepEqual(calls.slice(2), ["ahead", "thaw", "no more"]);
});

test("nothing stands still where the engine waits by itself", async () => {
  const { calls, gate, giving } = scene({ patienceMs: undefined });

  await new Promise((resolve) => setTimeout(resolve, 20));
  gate.resolve();
  await giving;

  assert.deepEqual(calls, []);
});
