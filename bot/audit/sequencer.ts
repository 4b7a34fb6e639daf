import { z } from "zod";
import type { Logger } from "../../relay/process/logger.ts";
import { signAuditHead } from "../../relay/wire/audit-head.ts";
import type { SigningKey } from "../../relay/wire/keys.ts";
import type { Store } from "../store/pool.ts";
import { listWorkspaces } from "../store/workspaces.ts";

export interface SequencerDeps {
  store: Store;
  /** Signs each new head. */
  key: SigningKey;
  /** Names the holder of the lease. */
  botId: string;
  intervalMs: number;
  log: Logger;
}

export interface Sequencer {
  /** The newest signed head of a workspace's chain that this bot knows, as a compact JWS. */
  headOf(workspaceId: string): string | undefined;
  stop(): Promise<void>;
}

const BATCH = 1_000;
/** The lease outlives some ticks of its holder, so that a slow one does not lose it. */
const LEASE_TICKS = 3;

const Linked = z.object({
  holds: z.boolean(),
  number: z.int(),
  hash: z.string(),
  linked: z.int(),
  missing: z.array(z.uuid()),
  signedNumber: z.int(),
  signed: z.string().nullable(),
  waitMs: z.int().nullable(),
});
type Linked = z.infer<typeof Linked>;

/**
 * Links committed events into the chain of their workspace, and signs each new head. Every bot
 * runs one; by a lease one of them links, and another takes over when it falls silent.
 */
export function startSequencer(deps: SequencerDeps): Sequencer {
  const heads = new Map<string, Known>();
  let running: Promise<void> | undefined;
  let takeOver: NodeJS.Timeout | undefined;

  function run(): void {
    clearTimeout(takeOver);
    running ??= linkAll(deps, heads)
      .then((waitMs) => {
        // Should the one that links have fallen silent, its lease ends before the next tick.
        if (waitMs < deps.intervalMs) takeOver = setTimeout(run, waitMs + 1);
      })
      .catch((error: unknown) => deps.log.warn({ err: error }, "audit events could not be linked"))
      .finally(() => {
        running = undefined;
      });
  }

  const timer = setInterval(run, deps.intervalMs);
  run();
  return {
    headOf: (workspaceId) => heads.get(workspaceId)?.jws,
    async stop() {
      clearInterval(timer);
      await running;
      clearTimeout(takeOver);
    },
  };
}

interface Known {
  number: number;
  jws: string;
}

/** Resolves to when the first lease of another bot ends. */
async function linkAll(deps: SequencerDeps, heads: Map<string, Known>): Promise<number> {
  let waitMs = Number.POSITIVE_INFINITY;
  for (const { id } of await listWorkspaces(deps.store)) {
    try {
      waitMs = Math.min(waitMs, await linkWorkspace(deps, id, heads));
    } catch (error) {
      // The next tick tries again; another bot that was faster is no fault at all.
      const level = isLostRace(error) ? "debug" : "warn";
      deps.log[level]({ err: error, workspaceId: id }, "audit events were not linked");
    }
  }
  return waitMs;
}

async function linkWorkspace(
  deps: SequencerDeps,
  workspaceId: string,
  heads: Map<string, Known>,
): Promise<number> {
  let linked: Linked;
  do {
    linked = await link(deps, workspaceId);
    const known = heads.get(workspaceId);
    if (linked.signed && linked.signedNumber > (known?.number ?? 0)) {
      heads.set(workspaceId, { number: linked.signedNumber, jws: linked.signed });
    }
    if (linked.holds && linked.number > linked.signedNumber) {
      heads.set(workspaceId, await signHead(deps, workspaceId, linked));
    }
  } while (linked.linked === BATCH);
  return linked.waitMs ?? Number.POSITIVE_INFINITY;
}

async function link(deps: SequencerDeps, workspaceId: string): Promise<Linked> {
  const leaseMs = Math.round(deps.intervalMs * LEASE_TICKS);
  const args = [workspaceId, deps.botId, leaseMs, BATCH];
  const linked = Linked.parse(await deps.store.call("link_events", args));
  if (linked.missing.length > 0) {
    const { missing } = linked;
    deps.log.error({ workspaceId, missing }, "audit events were removed before they were linked");
  }
  return linked;
}

async function signHead(
  { store, key }: SequencerDeps,
  workspaceId: string,
  { number, hash }: Linked,
): Promise<Known> {
  const at = new Date().toISOString();
  const jws = await signAuditHead(key, { workspace: workspaceId, number, hash, at });
  await store.call("keep_head", [workspaceId, number, Buffer.from(hash, "hex"), jws]);
  return { number, jws };
}

/** Another bot has made the same link: the unique key let only one of them. */
function isLostRace(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "23505";
}
