import type { Logger } from "../process/logger.ts";
import { openAuditHead } from "../wire/audit-head.ts";
import type { VerifyingKey } from "../wire/keys.ts";
import {
  type KeptChain,
  type KeptHead,
  type KeptHeads,
  readKeptHeads,
  writeKeptHeads,
} from "./kept-heads-file.ts";
import { thinHeads } from "./kept-heads-thin.ts";

export interface HeadKeeperDeps {
  directory: string;
  /** The bots whose word counts now. */
  keys(): ReadonlyMap<string, VerifyingKey>;
  log: Logger;
}

/** Keeps, on this host, what bots have said that the audit chain was. */
export interface HeadKeeper {
  /** Takes the head of a receipt; what is wrong with it is logged and never stops anything. */
  take(jws: string): void;
  /** Resolves when all that was taken is on the disk. */
  stop(): Promise<void>;
}

const LONGEST_JWS = 4096;
const MOST_CONFLICTS = 16;
/** Far beyond what a database can link: what is more was not linked. */
const MOST_PER_MS = 10;
const LONGEST_STRIDE = 10_000_000;

const JUMPED = "an audit head is farther ahead than a chain can grow";

export async function openHeadKeeper(deps: HeadKeeperDeps): Promise<HeadKeeper> {
  const { directory, log } = deps;
  let kept = await readKeptHeads(directory);
  let last = "";
  let working: Promise<void> = Promise.resolve();

  async function takeNow(jws: string): Promise<void> {
    const opened = await openAuditHead(jws, deps.keys());
    if (!opened.ok) return log.warn({ reason: opened.failure }, "audit head refused");
    const { version: _version, ...head } = opened.head;
    const chain = kept.chains[head.workspace];
    const nowMs = Date.now();
    const taken = keepHead(chain, { ...head, jws }, nowMs);
    if (taken === chain) return;
    if (taken.conflicts.length > (chain?.conflicts.length ?? 0)) {
      const { workspace, number } = head;
      const isAhead = number > taken.newest.number;
      log.error({ workspace, number }, isAhead ? JUMPED : "the audit chain has been rewritten");
    }
    const next: KeptHeads = { version: 1, chains: { ...kept.chains, [head.workspace]: taken } };
    await writeKeptHeads(directory, next);
    kept = next;
  }

  return {
    take(jws) {
      // Most receipts repeat the head of the one before.
      if (jws === last || jws.length > LONGEST_JWS) return;
      last = jws;
      working = working
        .then(() => takeNow(jws))
        .catch((error: unknown) => log.warn({ err: error }, "audit head not kept"));
    },
    stop: () => working,
  };
}

/**
 * What is kept once this head was seen; the same object where it changes nothing. A lower number
 * comes from a bot that is behind: it counts only where it contradicts what is kept.
 */
export function keepHead(chain: KeptChain | undefined, head: KeptHead, nowMs: number): KeptChain {
  if (!chain) return { newest: head, earlier: [], conflicts: [] };
  const { newest, earlier, conflicts } = chain;
  const same = [newest, ...earlier].find(({ number }) => number === head.number);
  if (same) return same.hash === head.hash ? chain : withConflict(chain, head);
  if (head.number < newest.number) return chain;
  // Were it the newest, no true head would ever pass it.
  if (isJump(newest, head, nowMs)) return withConflict(chain, head);
  return { newest: head, earlier: thinHeads([...earlier, newest]), conflicts };
}

function withConflict(chain: KeptChain, head: KeptHead): KeptChain {
  const { conflicts } = chain;
  const isKnown = conflicts.some(
    ({ number, hash }) => number === head.number && hash === head.hash,
  );
  if (isKnown || conflicts.length >= MOST_CONFLICTS) return chain;
  return { ...chain, conflicts: [...conflicts, head] };
}

function isJump(newest: KeptHead, head: KeptHead, nowMs: number): boolean {
  const elapsedMs = Math.max(0, Math.min(Date.parse(head.at), nowMs) - Date.parse(newest.at));
  return head.number - newest.number > LONGEST_STRIDE + elapsedMs * MOST_PER_MS;
}
