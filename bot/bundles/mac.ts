import { createHmac, timingSafeEqual } from "node:crypto";
import { canonicalJson } from "./digest.ts";

/** What somebody who may install bundles has put there. */
export interface InstalledContent {
  workspaceId: string;
  name: string;
  version: string;
  digest: string;
}

/**
 * Authenticates an installed version by a key that is not in the database: rules and executables
 * that were written there by hand are found out before they decide or run anything.
 */
export function bundleMacOf(key: Buffer, content: InstalledContent): Buffer {
  const { workspaceId, name, version, digest } = content;
  const text = canonicalJson({ installed: { workspaceId, name, version, digest } });
  return createHmac("sha256", key).update(text).digest();
}

export function isBundleMacOf(key: Buffer, content: InstalledContent, mac: Buffer | null): boolean {
  const expected = bundleMacOf(key, content);
  return mac !== null && mac.length === expected.length && timingSafeEqual(mac, expected);
}
