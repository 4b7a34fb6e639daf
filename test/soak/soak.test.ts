import assert from "node:assert/strict";
import { test } from "vitest";
import { canStartEngines } from "../support/engines.ts";
import { needs } from "../support/needs.ts";
import { runSoak } from "./soak.ts";

needs("an engine", canStartEngines);

test("cancels, timeouts and deaths of the relay leave nothing behind", async () => {
  const report = await runSoak({ engine: "docker", executions: 40, seed: 11 });

  assert.deepEqual(report.findings, []);
  assert.ok(report.relayKills > 0, "the relay never died");
  const ends = ["succeeded", "cancelled", "timed-out"];
  assert.deepEqual(
    ends.filter((state) => !report.states.has(state)),
    [],
  );
}, 300_000);
