import { createHmac, timingSafeEqual } from "node:crypto";
import { type KeyList, signKeyList, verifyKeyList } from "../../relay/wire/key-list.ts";
import { type SigningKey, thumbprint } from "../../relay/wire/keys.ts";
import { BotError } from "../errors.ts";
import type { BotKeys } from "../secrets/keys.ts";
import type { Store } from "../store/pool.ts";

const LIFETIME_S = 90 * 86_400;
const RENEW_BEFORE_S = 30 * 86_400;

export interface CurrentKeyList {
  jws: string;
  list: KeyList;
  /** Fingerprint of the authority that signed it: what relays pin. */
  authority: string;
  /** Whether a bot of this installation has vouched for that authority. */
  isVouchedFor: boolean;
}

/**
 * The newest key list, with this bot's key on it. A bot that holds the authority key signs the
 * next one if its own key is missing or the list nears its end; another bot needs to find itself
 * on the list that stands.
 */
export async function ensureKeyList(store: Store, keys: BotKeys): Promise<CurrentKeyList> {
  const current = await readKeyList(store, keys.mac);
  if (!keys.authority && current && !current.isVouchedFor) throw notVouchedFor();
  const nowS = Math.floor(Date.now() / 1000);
  const isListed = current?.list.keys.some((jwk) => thumbprint(jwk) === keys.signing.kid) ?? false;
  const isFresh = current !== undefined && current.list.exp - nowS > RENEW_BEFORE_S;
  if (current?.isVouchedFor && isListed && isFresh && isOf(current, keys.authority)) return current;
  if (keys.authority) return signNext(store, keys, keys.authority, current);
  if (current && isListed && current.list.exp > nowS) return current;
  throw new BotError(
    "key",
    "this bot's signing key is on no valid key list; start it once with ALDIS_AUTHORITY_KEY_FILE, or add its key on the bot that holds the authority key",
  );
}

/** Whether this database has served a bot before. */
export async function hasKeyList(store: Store): Promise<boolean> {
  const { rowCount } = await store.pool.query("select from key_lists limit 1");
  return rowCount === 1;
}

/** The newest one, as far as its authority has signed it. */
export async function readKeyList(
  store: Store,
  macKey: Buffer,
): Promise<CurrentKeyList | undefined> {
  const { rows } = await store.pool.query<{ number: string; jws: string; mac: Buffer | null }>(
    "select number, jws, mac from key_lists order by number desc limit 1",
  );
  const [row] = rows;
  if (!row) return undefined;
  const { jws } = row;
  const { authority, check } = await verifyStored(row);
  if (!check.ok) throw notAKeyList(row.number, check.reason);
  // A row under a higher number than its list has would outlive every newer list.
  if (String(check.list.number) !== String(row.number)) {
    throw notAKeyList(row.number, `it holds list ${check.list.number}`);
  }
  const expected = macOfAuthority(macKey, authority);
  const isVouchedFor = row.mac?.length === expected.length && timingSafeEqual(row.mac, expected);
  return { jws, list: check.list, authority, isVouchedFor };
}

/** By a key that is not in the database: a row written there cannot bring another authority. */
function macOfAuthority(macKey: Buffer, fingerprint: string): Buffer {
  return createHmac("sha256", macKey).update(`authority\0${fingerprint}`).digest();
}

function isOf({ authority }: CurrentKeyList, held: SigningKey | undefined): boolean {
  return held === undefined || held.kid === authority;
}

function notVouchedFor(): BotError {
  return new BotError(
    "key",
    "no bot with this master key has vouched for the authority of the stored key list; start the bot that holds the authority key once, or restore the table key_lists from a backup",
  );
}

/** What is stored may be anything: whoever writes to the database may have written it. */
async function verifyStored({ number, jws }: { number: string; jws: string }) {
  try {
    const authority = claimedAuthority(jws);
    return { authority, check: await verifyKeyList(jws, authority) };
  } catch (cause) {
    throw notAKeyList(number, "it is not a signed list", cause);
  }
}

function claimedAuthority(jws: string): string {
  const body = Buffer.from(jws.split(".")[1] ?? "", "base64url").toString("utf8");
  const claims: { authority?: KeyList["authority"] } = JSON.parse(body);
  return claims.authority ? thumbprint(claims.authority) : "";
}

function notAKeyList(number: string, reason: string, cause?: unknown): BotError {
  const line = `row ${number} of the table key_lists does not hold (${reason}); restore it from a backup of the database, or, if a bot never wrote it, delete it as the database's owner`;
  return new BotError("key", line, { cause });
}

/**
 * Signs the list that follows the one that stands, with this bot's key and without what is dropped.
 * Undefined where another bot has signed that number meanwhile.
 */
export async function signFollowing(
  store: Store,
  { signing, mac }: Pick<BotKeys, "signing" | "mac">,
  authority: SigningKey,
  current: CurrentKeyList | undefined,
  dropped?: string,
): Promise<CurrentKeyList | undefined> {
  if (current && current.authority !== authority.kid) throw signedByAnother();
  const nowS = Math.floor(Date.now() / 1000);
  const kept = (current?.list.keys ?? []).filter(
    (jwk) => ![signing.kid, dropped].includes(thumbprint(jwk)),
  );
  const list: KeyList = {
    version: 1,
    number: (current?.list.number ?? 0) + 1,
    iat: nowS,
    exp: nowS + LIFETIME_S,
    authority: authority.publicJwk,
    keys: [...kept, signing.publicJwk],
  };
  const jws = await signKeyList(authority, list);
  const { rowCount } = await store.pool.query(
    "insert into key_lists (number, jws, mac) values ($1, $2, $3) on conflict do nothing",
    [list.number, jws, macOfAuthority(mac, authority.kid)],
  );
  if (rowCount === 0) return undefined;
  return { jws, list, authority: authority.kid, isVouchedFor: true };
}

/** Where another bot has signed the same number, that one stands, and may need this key added. */
async function signNext(
  store: Store,
  keys: BotKeys,
  authority: SigningKey,
  current: CurrentKeyList | undefined,
): Promise<CurrentKeyList> {
  const signed = await signFollowing(store, keys, authority, current);
  return signed ?? signNext(store, keys, authority, await readKeyList(store, keys.mac));
}

function signedByAnother(): BotError {
  return new BotError(
    "key",
    "the stored key list was signed by another authority key; restore that key: relays trust no other",
  );
}
