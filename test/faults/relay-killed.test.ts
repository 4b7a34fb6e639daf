import assert from "node:assert/strict";
import { afterAll, beforeAll, test, vi } from "vitest";
import { checkEnd } from "./evidence.ts";
import { type Landscape, openLandscape } from "./landscape.ts";
import { meetFault, PRINTING } from "./meet-fault.ts";

vi.setConfig({ testTimeout: 60_000 });

let land: Landscape;
beforeAll(async () => {
  land = await openLandscape({ bots: 1, relays: 1 });
}, 120_000);
afterAll(() => land?.stop());

/**
 * What has not begun begins after all; what may have begun is never begun again; what has ended
 * keeps its result.
 */
const cells = [
  ["offer-received", ["succeeded"]],
  ["claim-sent", ["succeeded"]],
  ["permit-received", ["succeeded"]],
  ["process-created", ["interrupted"]],
  ["started", ["interrupted"]],
  ["half-the-output", ["interrupted"]],
  ["result-written", ["succeeded"]],
  ["result-sent", ["succeeded"]],
  ["receipt-received", ["succeeded"]],
] as const;

test.each(cells)("a relay killed at %s: %s, once, and nothing is lost", async (step, endsAs) => {
  const [host] = land.relays;
  if (!host) throw new TypeError("there is no relay");

  const executionId = await meetFault(land, { host, step, fault: "killed there" });

  await checkEnd(land, executionId, { endsAs, printing: PRINTING });
  const { text } = await land.caller.outputOf(executionId);
  assert.ok(step !== "half-the-output" || text.length > 0, "the half that was printed is lost");
});
