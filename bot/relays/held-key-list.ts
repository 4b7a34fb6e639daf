import type { Logger } from "pino";
import { thumbprint } from "../../relay/wire/keys.ts";
import type { Actor } from "../access/change.ts";
import { done, type Outcome, refused } from "../access/outcome.ts";
import { recordEvent } from "../audit/event.ts";
import type { BotKeys } from "../secrets/keys.ts";
import type { Store } from "../store/pool.ts";
import { type CurrentKeyList, readKeyList, signFollowing } from "./key-lists.ts";

/** A bot's key, as relays believe it. */
export interface ListedKey {
  kid: string;
  /** Whether the bot that answers signs with it. */
  isOwn: boolean;
}

/** The newest key list that this bot knows of. */
export interface HeldKeyList {
  current(): CurrentKeyList;
  keys(): ListedKey[];
  /** Takes what another bot has signed since. */
  refresh(): Promise<void>;
  /** Signs a list without this key: what it has signed, or signs, relays then refuse. */
  drop(workspaceId: string, kid: string, actor: Actor): Promise<Outcome<number>>;
}

interface HoldDeps {
  store: Store;
  keys: BotKeys;
  log: Logger;
}

export function holdKeyList(deps: HoldDeps, first: CurrentKeyList): HeldKeyList {
  const { store, keys, log } = deps;
  let current = first;

  function keysNow(): ListedKey[] {
    const kids = current.list.keys.map((jwk) => thumbprint(jwk));
    return kids.map((kid) => ({ kid, isOwn: kid === keys.signing.kid }));
  }

  async function refresh(): Promise<void> {
    const newest = await readKeyList(store, keys.mac);
    // Relays pin the authority: a list of another would be sent to them in vain.
    if (newest?.authority !== current.authority) return;
    if (newest.list.number <= current.list.number) return;
    current = newest;
    if (keysNow().some(({ isOwn }) => isOwn)) return;
    log.error("this bot's signing key was taken off the key list: relays believe it no more");
  }

  async function drop(workspaceId: string, kid: string, actor: Actor): Promise<Outcome<number>> {
    await refresh();
    if (!keys.authority) return refused("conflict", NO_AUTHORITY);
    const listed = keysNow().find((each) => each.kid === kid);
    if (!listed) return refused("not-found", `no key ${kid} is on the key list`);
    if (listed.isOwn) return refused("conflict", OWN);
    const next = await signFollowing(store, keys, keys.authority, current, kid);
    if (!next) return drop(workspaceId, kid, actor);
    current = next;
    await recordEvent(store, workspaceId, {
      kind: "bot.key-dropped",
      method: actor.method,
      actorId: actor.userId,
      object: `bot-key:${kid}`,
      detail: { kid, keyList: next.list.number },
    });
    return done(next.list.number);
  }

  return { current: () => current, keys: keysNow, refresh, drop };
}

const NO_AUTHORITY =
  "this bot does not hold the authority key: ask the one that has ALDIS_AUTHORITY_KEY_FILE";
const OWN = "this bot signs with that key: start it with another ALDIS_SIGNING_KEY_FILE first";
