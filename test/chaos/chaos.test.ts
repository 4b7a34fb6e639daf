import assert from "node:assert/strict";
import { test } from "vitest";
import { runChaos } from "./chaos.ts";
import { printReport } from "./report.ts";

test("whatever goes wrong, nothing runs twice, and every end and all output are there", async () => {
  const report = await runChaos({
    executions: 150,
    seed: 7,
    mostMs: 60_000,
    bots: 2,
    relays: 3,
    troubleEveryMs: 400,
    longCuts: false,
  });

  assert.deepEqual(report.findings, [], printReport(report));
  assert.equal(report.executions, 150);
  assert.ok(report.troubles.size > 0, "nothing went wrong");
}, 240_000);
