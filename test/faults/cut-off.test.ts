import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { afterAll, beforeAll, test, vi } from "vitest";
import { waitFor } from "../support/wait.ts";
import { type Landscape, openLandscape } from "./landscape.ts";
import { markLine, printedBy } from "./marking.ts";

vi.setConfig({ testTimeout: 60_000 });

/** A minute, scaled: the relay is given up as lost long before it is heard again. */
const SETTINGS = {
  ALDIS_RELAY_HEARTBEAT: "200ms",
  ALDIS_DISPATCH_RELAY_SILENCE: "1s",
  ALDIS_DISPATCH_SWEEP_INTERVAL: "100ms",
};
const PRINTING = { lines: 3_000, parts: 8, pauseS: 0.25 };

let land: Landscape;
beforeAll(async () => {
  const timeouts = { lostAfter: "500ms" };
  land = await openLandscape({ bots: 1, relays: 1, timeouts, settings: SETTINGS });
}, 120_000);
afterAll(() => land?.stop());

test.each(["cut", "hush"] as const)(
  "a relay cut off while its command prints (%s): afterwards the output is there, byte for byte",
  async (how) => {
    const { caller, relays, natsWires } = land;
    const wire = natsWires.get("relay-1") ?? assert.fail("no wire");
    const executionId = await caller.say(markLine(PRINTING));
    const outputNow = () => caller.outputOf(executionId);
    await waitFor(async () => (await outputNow()).text.length > 0, { what: "its first output" });

    wire[how]();
    await waitFor(async () => (await caller.stateOf(executionId)) === "unknown");
    await waitFor(() => relays[0]?.said().some(saysEnded(executionId)), { what: "its end" });
    const meanwhile = await outputNow();
    wire.heal();
    const { state } = await caller.endOf(executionId);
    const { text, isComplete } = await outputNow();

    assert.equal(meanwhile.isComplete, false);
    assert.equal(state, "succeeded");
    assert.equal(isComplete, true);
    assert.equal(digestOf(text), digestOf(printedBy(executionId, PRINTING)));
  },
);

function saysEnded(executionId: string): (line: string) => boolean {
  return (line) => line.includes('"execution ended"') && line.includes(executionId);
}

function digestOf(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
