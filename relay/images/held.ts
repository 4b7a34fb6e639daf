import { type ImageName, parseImage } from "../wire/image.ts";
import type { HeldImage } from "./engine-images.ts";

/** Podman's name for what was imported, which it gives digests of its own. */
const LOCAL = "localhost";

/** All by which an image may be named: those of its manifests, and its id. */
export function digestsOf({ id, digests }: HeldImage): string[] {
  return [id, ...digests.flatMap((name) => parseImage(name)?.digest ?? [])];
}

/** Of the manifest by which it came from that repository; its id where it came from none. */
export function digestIn(held: HeldImage, { registry, repository }: ImageName): string {
  if (registry === LOCAL) return held.id;
  const manifest = held.digests
    .map(parseImage)
    .find((name) => name?.registry === registry && name.repository === repository);
  return manifest?.digest ?? held.id;
}

/** Whether it has come by no registry. */
export function isImported({ digests }: HeldImage): boolean {
  return digests.every((name) => parseImage(name)?.registry === LOCAL);
}

/** 32-bit programs run on the 64-bit processors of their kind. */
export function runsOn(host: string, { architecture: made }: HeldImage): boolean {
  if (!made || made === host) return true;
  return (host === "amd64" && made === "386") || (host === "arm64" && made === "arm");
}
