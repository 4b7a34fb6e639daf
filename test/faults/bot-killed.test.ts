import { afterAll, beforeAll, test, vi } from "vitest";
import { BOT_FAULT_STEPS } from "../../relay/process/fault-point.ts";
import { checkEnd } from "./evidence.ts";
import { type Landscape, openLandscape } from "./landscape.ts";
import { meetFault, PRINTING } from "./meet-fault.ts";

vi.setConfig({ testTimeout: 60_000 });

let land: Landscape;
beforeAll(async () => {
  land = await openLandscape({ bots: 1, relays: 1 });
}, 120_000);
afterAll(() => land?.stop());

test.each(BOT_FAULT_STEPS)(
  "a bot killed at %s: it succeeds once, and is answered",
  async (step) => {
    const [host] = land.bots;
    if (!host) throw new TypeError("there is no bot");

    const executionId = await meetFault(land, { host, step, fault: "killed there" });

    await checkEnd(land, executionId, { endsAs: ["succeeded"], printing: PRINTING });
  },
);
