import { serveClaims } from "./claims.ts";
import type { DispatchCore } from "./dispatch.ts";
import { createLive } from "./live.ts";
import { createOffers } from "./offers.ts";
import { serveOutput } from "./outputs.ts";
import { createRefusals } from "./refusals.ts";
import { serveResults } from "./results.ts";
import { type RelayDecision, startSweep } from "./sweep.ts";

/** What dispatching is made of that it does not make itself. */
export type DispatchParts = Omit<DispatchCore, "live" | "offers" | "refusals" | "onQueued"> & {
  decideOnRelay: RelayDecision;
  sweepIntervalMs: number;
  /** A relay silent for so long counts as unreachable. */
  silenceMs: number;
};

export interface Dispatching {
  dispatch: DispatchCore;
  stop(): Promise<void>;
}

/** Serves relays, and tends what waits, from now on. */
export function startDispatch(parts: DispatchParts): Dispatching {
  const { decideOnRelay, sweepIntervalMs, silenceMs, ...shared } = parts;
  const dispatch: DispatchCore = {
    ...shared,
    live: createLive(parts.clock),
    offers: createOffers(parts),
    refusals: createRefusals(parts.clock),
    onQueued: () => sweep.soon(),
  };
  const sweep = startSweep({ ...dispatch, decideOnRelay, intervalMs: sweepIntervalMs, silenceMs });
  parts.registry.onAvailable(sweep.soon);
  const serving = [serveClaims(dispatch), ...serveOutput(dispatch), serveResults(dispatch)];
  return {
    dispatch,
    async stop() {
      for (const subscription of serving) subscription.unsubscribe();
      await sweep.stop();
    },
  };
}
