import { createHash } from "node:crypto";

/** What the first link follows. */
export function hashBeforeFirst(workspaceId: string): Buffer {
  return sha256(Buffer.from(`aldis audit chain 1 ${workspaceId}`));
}

/** hash before ‖ number, 8 bytes big-endian ‖ sha256(body): the formula of `link_events`. */
export function linkHash(before: Buffer, number: number, body: string): Buffer {
  return linkHashOf(before, number, sha256(Buffer.from(body)));
}

/** The same where the body's digest is known. */
export function linkHashOf(before: Buffer, number: number, bodyDigest: Buffer): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(BigInt(number));
  return sha256(Buffer.concat([before, bytes, bodyDigest]));
}

/** What an event's body holds of its detail, in hexadecimal. */
export function detailDigest(saltHex: string, detail: string): string {
  return sha256(Buffer.concat([Buffer.from(saltHex, "hex"), Buffer.from(detail)])).toString("hex");
}

export function sha256(bytes: Uint8Array): Buffer {
  return createHash("sha256").update(bytes).digest();
}
