import { z } from "zod";
import type { Logger } from "../../relay/process/logger.ts";
import type { Store } from "../store/pool.ts";

export const Linked = z.object({
  holds: z.boolean(),
  /** Whether the newest link stands on none: nothing is linked then. */
  gap: z.boolean(),
  number: z.int(),
  hash: z.string(),
  linked: z.int(),
  missing: z.array(z.uuid()),
  signedNumber: z.int(),
  signedHash: z.string().nullable(),
  signed: z.string().nullable(),
  /** What the chain holds under the number that was asked for. */
  knownHash: z.string().nullable(),
  waitMs: z.int().nullable(),
});
export type Linked = z.infer<typeof Linked>;

export interface LinkDeps {
  store: Store;
  /** Names the holder of the lease. */
  botId: string;
  intervalMs: number;
  log: Logger;
}

export const BATCH = 1_000;
/** The lease outlives some ticks of its holder, so that a slow one does not lose it. */
const LEASE_TICKS = 3;

/** Links one batch of what was committed since, if the lease is this bot's. */
export async function linkEvents(
  deps: LinkDeps,
  workspaceId: string,
  knownNumber: number,
): Promise<Linked> {
  const leaseMs = Math.round(deps.intervalMs * LEASE_TICKS);
  const args = [workspaceId, deps.botId, leaseMs, BATCH, knownNumber];
  const linked = Linked.parse(await deps.store.call("link_events", args));
  if (linked.missing.length > 0) {
    const { missing } = linked;
    deps.log.error({ workspaceId, missing }, "audit events were removed before they were linked");
  }
  return linked;
}
