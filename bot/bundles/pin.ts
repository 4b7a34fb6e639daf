import type { bundles } from "../store/schema.ts";
import type { Bundle } from "./bundle.ts";
import { type InstalledContent, imageMacOf, isBundleMacOf, isImageMacOf } from "./mac.ts";

type Row = typeof bundles.$inferSelect;

/** An image with the digest that a relay has found, and the key that vouches for it. */
export interface Pin {
  image: string;
  macKey: Buffer;
}

/** What an enabled version's row says of its image. */
export function pinnedBy(
  pin: Pin | undefined,
  content: InstalledContent,
): Pick<Row, "image" | "imageMac"> {
  if (!pin) return { image: null, imageMac: null };
  return { image: pin.image, imageMac: imageMacOf(pin.macKey, content, pin.image) };
}

/** The bundle with the image that was found for it; undefined where the row is not what was put there. */
export function asEnabled(
  macKey: Buffer,
  { workspaceId, name, version, mac, image, imageMac }: Row,
  bundle: Bundle,
): Bundle | undefined {
  if (bundle.name !== name || bundle.version !== version) return undefined;
  const content = { workspaceId, name, version, digest: bundle.digest };
  if (!isBundleMacOf(macKey, content, mac)) return undefined;
  if (image === null) return bundle;
  return isImageMacOf(macKey, content, image, imageMac) ? { ...bundle, image } : undefined;
}
