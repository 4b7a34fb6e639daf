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
  return macOf(key, { installed: { workspaceId, name, version, digest } });
}

export function isBundleMacOf(key: Buffer, content: InstalledContent, mac: Buffer | null): boolean {
  return isEqual(bundleMacOf(key, content), mac);
}

/** The same for the image that a relay has found when the version was enabled. */
export function imageMacOf(key: Buffer, content: InstalledContent, image: string): Buffer {
  const { workspaceId, name, version, digest } = content;
  return macOf(key, { enabled: { workspaceId, name, version, digest, image } });
}

export function isImageMacOf(
  key: Buffer,
  content: InstalledContent,
  image: string,
  mac: Buffer | null,
): boolean {
  return isEqual(imageMacOf(key, content, image), mac);
}

function macOf(key: Buffer, content: object): Buffer {
  return createHmac("sha256", key).update(canonicalJson(content)).digest();
}

function isEqual(expected: Buffer, mac: Buffer | null): boolean {
  return mac !== null && mac.length === expected.length && timingSafeEqual(mac, expected);
}
