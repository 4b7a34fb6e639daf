import type { BotMessage } from "../execution/link.ts";
import type { Clock } from "../process/clock.ts";
import type { Logger } from "../process/logger.ts";
import {
  audienceOf,
  CLOCK_SKEW_MS,
  type Kind,
  type Opened,
  openFromBot,
} from "../wire/envelope.ts";
import { type KeyList, keysOf, verifyKeyList } from "../wire/key-list.ts";
import type { PublicJwk, VerifyingKey } from "../wire/keys.ts";
import type { RelayMetrics } from "./metrics.ts";

export interface TrustDeps {
  relayId: string;
  epoch: string;
  /** Fingerprint of the authority that this relay has pinned. */
  authority: string;
  keyList: KeyList;
  saveKeyList(jws: string): Promise<void>;
  /** Default: Ed25519. */
  readKey?: (jwk: PublicJwk) => VerifyingKey;
  clock: Clock;
  metrics: RelayMetrics;
  log: Logger;
}

/** Whom this relay believes: the bots on the newest list that its authority has signed. */
export interface Trust {
  keyListNumber(): number;
  /** The keys of the bots that are believed now. */
  keys(): ReadonlyMap<string, VerifyingKey>;
  /** Every message that is refused is logged and counted here, with its reason. */
  open<T extends BotMessage>(kind: Kind<T>, payload: Uint8Array): Promise<Opened<T>>;
  /** The same for what must not have a second effect: a message with this nonce counts once. */
  openOnce<T extends BotMessage & { nonce: string }>(
    kind: Kind<T>,
    payload: Uint8Array,
  ): Promise<T | undefined>;
  /** Takes a list with a higher number, on disk first. */
  takeKeyList(jws: string): Promise<void>;
  refuse(kind: string, reason: string): void;
}

export function createTrust(deps: TrustDeps): Trust {
  const aud = audienceOf(deps.relayId, deps.epoch);
  let list = deps.keyList;
  let keys = allKeysOf(list, deps.readKey);
  let taking: Promise<void> = Promise.resolve();
  const spent = new Map<string, number>();

  function refuse(kind: string, reason: string): void {
    deps.metrics.refusedMessage(kind, reason);
    deps.log.warn({ kind, reason }, "message refused");
  }

  function validKeys(): ReadonlyMap<string, VerifyingKey> {
    return deps.clock.wallMs() < list.exp * 1000 ? keys : NO_KEYS;
  }

  async function open<T extends BotMessage>(
    kind: Kind<T>,
    payload: Uint8Array,
  ): Promise<Opened<T>> {
    const expected = { keys: validKeys(), aud, nowMs: deps.clock.wallMs() };
    const opened = await openFromBot(kind, payload, expected);
    if (!opened.ok) refuse(kind.typ, opened.failure);
    return opened;
  }

  async function openOnce<T extends BotMessage & { nonce: string }>(
    kind: Kind<T>,
    payload: Uint8Array,
  ): Promise<T | undefined> {
    const opened = await open(kind, payload);
    if (!opened.ok) return undefined;
    const { nonce, exp } = opened.message;
    const nowMs = deps.clock.wallMs();
    for (const [known, untilMs] of spent) if (untilMs < nowMs) spent.delete(known);
    if (spent.has(nonce)) return void refuse(kind.typ, "replayed");
    spent.set(nonce, exp * 1000 + CLOCK_SKEW_MS);
    return opened.message;
  }

  async function takeNow(jws: string): Promise<void> {
    const check = await verifyKeyList(jws, deps.authority);
    if (!check.ok) return refuse(KEY_LIST_TYPE, check.reason);
    const { iat, exp } = check.list;
    const nowMs = deps.clock.wallMs();
    // One that counts no more would take the place of one that does.
    if (nowMs >= exp * 1000) return refuse(KEY_LIST_TYPE, "expired");
    if (nowMs < iat * 1000 - CLOCK_SKEW_MS) return refuse(KEY_LIST_TYPE, "early");
    if (check.list.number <= list.number) {
      if (check.list.number < list.number) refuse(KEY_LIST_TYPE, "older than the one held");
      return;
    }
    await deps.saveKeyList(jws);
    list = check.list;
    keys = allKeysOf(list, deps.readKey);
    deps.log.info({ number: list.number, keys: list.keys.length }, "key list taken");
  }

  return {
    keyListNumber: () => list.number,
    keys: validKeys,
    open,
    openOnce,
    refuse,
    takeKeyList(jws) {
      taking = taking.catch(() => {}).then(() => takeNow(jws));
      return taking;
    },
  };
}

export const KEY_LIST_TYPE = "aldis-key-list";
const NO_KEYS: ReadonlyMap<string, VerifyingKey> = new Map();

/** Whether the list has expired is asked at each message, not here. */
function allKeysOf(
  list: KeyList,
  readKey: TrustDeps["readKey"],
): ReadonlyMap<string, VerifyingKey> {
  return keysOf(list, 0, readKey);
}
