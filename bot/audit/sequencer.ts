import { setTimeout as delay } from "node:timers/promises";
import { signAuditHead } from "../../relay/wire/audit-head.ts";
import type { SigningKey } from "../../relay/wire/keys.ts";
import { listWorkspaces } from "../store/workspaces.ts";
import { type ChainAlarm, createChainAlarm } from "./chain-alarm.ts";
import { BATCH, type LinkDeps, type Linked, linkEvents } from "./link-events.ts";
import { createHeadReader, type HeadReader, isSound, type SignedHead } from "./stored-head.ts";

export interface SequencerDeps extends LinkDeps {
  /** Signs each new head. */
  key: SigningKey;
  /** Fingerprint of the authority that lists the bots' keys. */
  authority: string;
}

export interface Sequencer {
  /** The newest signed head of a workspace's chain that this bot knows, as a compact JWS. */
  headOf(workspaceId: string): string | undefined;
  stop(): Promise<void>;
}

interface Sequencing extends SequencerDeps {
  /** What was signed last of each workspace: the chain must hold it before more is signed. */
  heads: Map<string, SignedHead>;
  reader: HeadReader;
  alarm: ChainAlarm;
  signal: AbortSignal;
}

/** A statement that somebody holds up does not hold up the stop. */
const STOP_MS = 2_000;

/**
 * Links committed events into the chain of their workspace, and signs each new head. Every bot
 * runs one; by a lease one of them links, and another takes over when it falls silent.
 */
export function startSequencer(deps: SequencerDeps): Sequencer {
  const stopping = new AbortController();
  const heads = new Map<string, SignedHead>();
  const sequencing: Sequencing = {
    ...deps,
    heads,
    reader: createHeadReader(deps.store, deps.key, deps.authority),
    alarm: createChainAlarm(deps),
    signal: stopping.signal,
  };
  let running: Promise<void> | undefined;
  let takeOver: NodeJS.Timeout | undefined;

  function run(): void {
    clearTimeout(takeOver);
    running ??= linkAll(sequencing)
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
      stopping.abort();
      await Promise.race([running, delay(STOP_MS, undefined, { ref: false })]);
      clearTimeout(takeOver);
    },
  };
}

/** Resolves to when the first lease of another bot ends. */
async function linkAll(sequencing: Sequencing): Promise<number> {
  let waitMs = Number.POSITIVE_INFINITY;
  for (const { id } of await listWorkspaces(sequencing.store)) {
    if (sequencing.signal.aborted) return Number.POSITIVE_INFINITY;
    try {
      waitMs = Math.min(waitMs, await linkWorkspace(sequencing, id));
    } catch (error) {
      sequencing.log.warn({ err: error, workspaceId: id }, "audit events were not linked");
    }
  }
  return waitMs;
}

async function linkWorkspace(sequencing: Sequencing, workspaceId: string): Promise<number> {
  for (;;) {
    const known = sequencing.heads.get(workspaceId);
    const linked = await linkEvents(sequencing, workspaceId, known?.number ?? 0);
    const waitMs = linked.waitMs ?? Number.POSITIVE_INFINITY;
    const isOther = known !== undefined && linked.knownHash !== known.hash;
    if (linked.gap || isOther) {
      await sequencing.alarm.raise(workspaceId, { isGap: linked.gap, known });
      return waitMs;
    }
    const isSettled = await settleHead(sequencing, workspaceId, linked);
    const isDone = isSettled && linked.linked < BATCH;
    if (isDone || sequencing.signal.aborted) return waitMs;
  }
}

/** False where a newer head was learnt: the chain is compared with it before anything is signed. */
async function settleHead(
  { heads, reader, ...deps }: Sequencing,
  workspaceId: string,
  linked: Linked,
): Promise<boolean> {
  const known = heads.get(workspaceId);
  const stored = await openStored();
  if (stored && stored.number > (known?.number ?? 0)) {
    heads.set(workspaceId, stored);
    return false;
  }
  const isNew = linked.number > (known?.number ?? 0);
  const isMended = linked.number > 0 && !isSound(linked, stored);
  if (linked.holds && (isNew || isMended)) {
    heads.set(workspaceId, await signHead(deps, workspaceId, linked));
  }
  return true;

  async function openStored(): Promise<SignedHead | undefined> {
    if (linked.signed === null) return undefined;
    if (linked.signed === known?.jws) return known;
    return reader.open(workspaceId, linked.signed);
  }
}

async function signHead(
  { store, key }: Pick<SequencerDeps, "store" | "key">,
  workspaceId: string,
  { number, hash }: Linked,
): Promise<SignedHead> {
  const at = new Date().toISOString();
  const jws = await signAuditHead(key, { workspace: workspaceId, number, hash, at });
  await store.call("keep_head", [workspaceId, number, Buffer.from(hash, "hex"), jws]);
  return { number, hash, jws };
}
