import { z } from "zod";
import { signJws, type VerifyFailure, verifyJws } from "./jws.ts";
import type { SigningKey, VerifyingKey } from "./keys.ts";

/**
 * The newest link of a workspace's audit chain, as a bot vouches for it. It has no audience and
 * does not expire: whoever keeps it can show later what the chain was.
 */
export const AuditHead = z.object({
  version: z.literal(1),
  workspace: z.uuid(),
  number: z.int().positive(),
  /** SHA-256, in hexadecimal. */
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  /** When it was signed, by the bot's clock. */
  at: z.iso.datetime(),
});
export type AuditHead = z.infer<typeof AuditHead>;

const TYPE = "aldis-audit-head";

export type OpenedHead =
  | { ok: true; head: AuditHead; kid: string }
  | { ok: false; failure: VerifyFailure | "malformed-body" };

export function signAuditHead(key: SigningKey, head: Omit<AuditHead, "version">): Promise<string> {
  return signJws(key, TYPE, { version: 1, ...head });
}

/** Opens a head signed by one of these keys, however long ago. */
export async function openAuditHead(
  jws: string,
  keys: ReadonlyMap<string, VerifyingKey>,
): Promise<OpenedHead> {
  const verified = await verifyJws(jws, TYPE, (kid) => keys.get(kid));
  if (!verified.ok) return verified;
  const parsed = AuditHead.safeParse(verified.payload);
  if (!parsed.success) return { ok: false, failure: "malformed-body" };
  return { ok: true, head: parsed.data, kid: verified.kid };
}
