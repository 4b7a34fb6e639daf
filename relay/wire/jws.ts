import { z } from "zod";
import type { SigningKey, VerifyingKey } from "./keys.ts";

/**
 * Everything on the wire is a compact JWS (RFC 7515) with `alg: EdDSA` (RFC 8037) and a `typ` of
 * its own for each kind, so that one kind never passes for another (RFC 8725, 3.11).
 */
const Header = z.object({
  alg: z.literal("EdDSA"),
  typ: z.string(),
  kid: z.string(),
});

export type VerifyFailure = "malformed" | "wrong-type" | "unknown-key" | "bad-signature";

export type Verified =
  | { ok: true; kid: string; payload: unknown }
  | { ok: false; failure: VerifyFailure };

/** Resolves to the compact form of `payload`, signed. */
export async function signJws(key: SigningKey, typ: string, payload: unknown): Promise<string> {
  const signed = `${encode({ alg: "EdDSA", typ, kid: key.kid })}.${encode(payload)}`;
  const signature = Buffer.from(await key.sign(Buffer.from(signed)));
  return `${signed}.${signature.toString("base64url")}`;
}

/**
 * Checks type, key and signature, in that order, and only then reads the payload.
 * `keyFor` names the key that may sign this message, or undefined if there is none.
 */
export async function verifyJws(
  jws: string,
  typ: string,
  keyFor: (kid: string) => VerifyingKey | undefined,
): Promise<Verified> {
  const [head, body, tail, ...rest] = jws.split(".", 4);
  if (!head || !body || !tail || rest.length > 0) return { ok: false, failure: "malformed" };
  const header = Header.safeParse(decode(head));
  if (!header.success) return { ok: false, failure: "malformed" };
  if (header.data.typ !== typ) return { ok: false, failure: "wrong-type" };
  const key = keyFor(header.data.kid);
  if (!key) return { ok: false, failure: "unknown-key" };
  const signature = Buffer.from(tail, "base64url");
  const isValid = await key.isSignatureOf(Buffer.from(`${head}.${body}`), signature);
  if (!isValid) return { ok: false, failure: "bad-signature" };
  const payload = decode(body);
  if (payload === undefined) return { ok: false, failure: "malformed" };
  return { ok: true, kid: header.data.kid, payload };
}

/** The `typ` a message claims, before anything about it is believed. */
export function claimedType(jws: string): string | undefined {
  const header = Header.safeParse(decode(jws.slice(0, Math.max(0, jws.indexOf(".")))));
  return header.success ? header.data.typ : undefined;
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}

function decode(part: string): unknown {
  try {
    return JSON.parse(Buffer.from(part, "base64url").toString("utf8"));
  } catch {
    return undefined;
  }
}
