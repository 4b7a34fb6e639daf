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
const MOST_DAYS = 400;
const MOST_CONFLICTS = 16;

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
    const taken = keepHead(chain, { ...head, jws });
    if (taken === chain) return;
    if (taken.conflicts.length > (chain?.conflicts.length ?? 0)) {
      const { workspace, number } = head;
      log.error({ workspace, number }, "the audit chain has been rewritten");
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
export function keepHead(chain: KeptChain | undefined, head: KeptHead): KeptChain {
  if (!chain) return { newest: head, earlier: [], conflicts: [] };
  const { newest, earlier, conflicts } = chain;
  const same = [newest, ...earlier].find(({ number }) => number === head.number);
  if (same) {
    const isKnown = [same, ...conflicts].some(
      ({ number, hash }) => number === head.number && hash === head.hash,
    );
    if (isKnown || conflicts.length >= MOST_CONFLICTS) return chain;
    return { ...chain, conflicts: [...conflicts, head] };
  }
  if (head.number < newest.number) return chain;
  const isNextDay = head.at.slice(0, 10) > newest.at.slice(0, 10);
  const days = isNextDay ? [...earlier, newest].slice(-MOST_DAYS) : earlier;
  return { newest: head, earlier: days, conflicts };
}
