import { afterAll, beforeAll, describe, test, vi } from "vitest";
import {
  BOT_FAULT_STEPS,
  type FaultStep,
  RELAY_FAULT_STEPS,
} from "../../relay/process/fault-point.ts";
import { checkEnd } from "./evidence.ts";
import { type Landscape, openLandscape } from "./landscape.ts";
import { type Fault, meetFault, PRINTING } from "./meet-fault.ts";

/**
 * A server restarted while a relay, or a bot, stands at each of its steps. Nothing dies that has
 * something in hand, so that in every cell the command succeeds, once.
 */
export function describeRestarts(fault: Exclude<Fault, "killed there">): void {
  vi.setConfig({ testTimeout: 60_000 });
  let land: Landscape;

  beforeAll(async () => {
    land = await openLandscape({ bots: 1, relays: 1 });
  }, 120_000);
  afterAll(() => land?.stop());

  async function succeedsAt(part: "bots" | "relays", step: FaultStep): Promise<void> {
    const [host] = land[part];
    if (!host) throw new TypeError(`there are no ${part}`);

    const executionId = await meetFault(land, { host, step, fault });

    await checkEnd(land, executionId, { endsAs: ["succeeded"], printing: PRINTING });
  }

  describe(fault, () => {
    test.each(RELAY_FAULT_STEPS)("while a relay stands at %s: it succeeds once", (step) =>
      succeedsAt("relays", step),
    );
    test.each(BOT_FAULT_STEPS)("while a bot stands at %s: it succeeds once", (step) =>
      succeedsAt("bots", step),
    );
  });
}
