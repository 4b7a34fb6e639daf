import assert from "node:assert/strict";
import { describe, test, vi } from "vitest";
import { COMMON, RARE } from "./interesting.ts";
import { findFailure } from "./schedules.ts";
import { World } from "./world.ts";

const SEEDS = Array.from({ length: 40 }, (_, index) => 1 + index * 97);

describe("a schedule", () => {
  test("replays exactly", async () => {
    for (const seed of SEEDS) {
      const [first, second] = [await traceOf(seed), await traceOf(seed)];

      assert.deepEqual(second, first);
    }
  });

  test("is another one for another seed", async () => {
    const traces = await Promise.all(SEEDS.map(traceOf));

    assert.equal(new Set(traces.map((lines) => lines.join("\n"))).size, SEEDS.length);
  });

  test("takes no time of this machine", async () => {
    const timers = [vi.spyOn(globalThis, "setTimeout"), vi.spyOn(globalThis, "setInterval")];

    for (const seed of SEEDS) await new World(seed).run();

    const calls = timers.map(({ mock }) => mock.calls.length);
    for (const timer of timers) timer.mockRestore();
    assert.deepEqual(calls, [0, 0]);
  });
});

test("between them, schedules meet all that a contract is about", {
  timeout: 600_000,
}, async () => {
  const coverage = new Map<string, number>();
  const [count, expected] = process.env.CI ? [10_000, [...COMMON, ...RARE]] : [1500, COMMON];

  await findFailure({ from: 1, count, coverage });

  const missing = expected.filter((what) => !coverage.has(what));
  assert.deepEqual(missing, []);
});

async function traceOf(seed: number): Promise<readonly string[]> {
  const { trace } = await new World(seed, { isTraced: true }).run();
  return trace.lines;
}
