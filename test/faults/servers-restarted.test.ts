import { afterAll, beforeAll, describe, test, vi } from "vitest";
import { BOT_FAULT_STEPS, RELAY_FAULT_STEPS } from "../../relay/process/fault-point.ts";
import { checkEnd } from "./evidence.ts";
import { type Landscape, openLandscape } from "./landscape.ts";
import { LINES, meetFault } from "./meet-fault.ts";

vi.setConfig({ testTimeout: 60_000 });

let land: Landscape;
beforeAll(async () => {
  land = await openLandscape({ bots: 1, relays: 1 });
}, 120_000);
afterAll(() => land?.stop());

/** Nothing dies that has something in hand: whatever the servers do, it succeeds. */
describe.each(["NATS restarted", "Postgres restarted"] as const)("%s", (fault) => {
  test.each(RELAY_FAULT_STEPS)("while a relay stands at %s: it succeeds once", async (step) => {
    const [host] = land.relays;
    if (!host) throw new TypeError("there is no relay");

    const executionId = await meetFault(land, { host, step, fault });

    await checkEnd(land, executionId, { endsAs: ["succeeded"], lines: LINES });
  });

  test.each(BOT_FAULT_STEPS)("while a bot stands at %s: it succeeds once", async (step) => {
    const [host] = land.bots;
    if (!host) throw new TypeError("there is no bot");

    const executionId = await meetFault(land, { host, step, fault });

    await checkEnd(land, executionId, { endsAs: ["succeeded"], lines: LINES });
  });
});
