import { z } from "zod";
import { signJws, verifyJws } from "./jws.ts";
import { PublicJwk, readVerifyingKey, type SigningKey, type VerifyingKey } from "./keys.ts";

/**
 * The numbered, expiring list of bots' signing keys: the one thing that the authority signs. It
 * has no audience; a relay pins the authority and takes only a list with a higher number.
 */
export const KeyList = z.object({
  version: z.literal(1),
  number: z.int().positive(),
  /** Seconds since the epoch. */
  iat: z.int(),
  exp: z.int(),
  authority: PublicJwk,
  keys: z.array(PublicJwk).max(64),
});
export type KeyList = z.infer<typeof KeyList>;

const TYPE = "aldis-key-list";

export type KeyListCheck = { ok: true; list: KeyList } | { ok: false; reason: string };

export function signKeyList(authority: SigningKey, list: KeyList): Promise<string> {
  return signJws(authority, TYPE, list);
}

/** Accepts a list that the authority with this fingerprint has signed; says nothing of expiry. */
export async function verifyKeyList(jws: string, fingerprint: string): Promise<KeyListCheck> {
  const claimed = readUnverified(jws);
  if (!claimed) return { ok: false, reason: "not a key list" };
  const authority = readVerifyingKey(claimed.authority);
  if (authority.kid !== fingerprint) return { ok: false, reason: "signed by another authority" };
  const verified = await verifyJws(jws, TYPE, (kid) =>
    kid === authority.kid ? authority : undefined,
  );
  if (!verified.ok) return { ok: false, reason: verified.failure };
  return { ok: true, list: claimed };
}

/** The keys of a list that has not expired, by name; none of one that has. */
export function keysOf(
  list: KeyList,
  nowMs: number,
  readKey = readVerifyingKey,
): Map<string, VerifyingKey> {
  if (nowMs >= list.exp * 1000) return new Map();
  return new Map(list.keys.map((jwk) => readKey(jwk)).map((key) => [key.kid, key]));
}

function readUnverified(jws: string): KeyList | undefined {
  try {
    const body = Buffer.from(jws.split(".")[1] ?? "", "base64url").toString("utf8");
    return KeyList.safeParse(JSON.parse(body)).data;
  } catch {
    return undefined;
  }
}
