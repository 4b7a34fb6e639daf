import { createHmac, timingSafeEqual } from "node:crypto";
import type { ExecutionSpec } from "../../relay/wire/messages.ts";
import { canonicalJson } from "../bundles/digest.ts";

/** What a decision covers: the caller, and everything an offer carries except the attempt. */
export interface Decided {
  workspaceId: string;
  userId: string;
  spec: ExecutionSpec;
  /** What the decision was made on, where it is made again for each relay. */
  facts?: unknown;
}

/**
 * Authenticates a decision by a key that is not in the database, so that a row written or changed
 * by hand is found out before it is offered.
 */
export function macOf(key: Buffer, decided: Decided): Buffer {
  const { workspaceId, userId, spec, facts } = decided;
  const text = canonicalJson({ workspaceId, userId, spec, facts: facts ?? null });
  return createHmac("sha256", key).update(text).digest();
}

/** Authenticates a text without telling it, so that the same one can be known again. */
export function macOfText(key: Buffer, text: string): Buffer {
  return createHmac("sha256", key).update("text\0").update(text).digest();
}

export function isMacOf(key: Buffer, decided: Decided, mac: Buffer): boolean {
  const expected = macOf(key, decided);
  return mac.length === expected.length && timingSafeEqual(mac, expected);
}
