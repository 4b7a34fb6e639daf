import { type ImageName, parseImage, parseRepository } from "../wire/image.ts";

/** Images that may run: all, all below a registry or folder, or one. */
export type ImagePattern =
  | { kind: "any" }
  /** Ends in a slash, so that no other registry or folder begins alike. */
  | { kind: "below"; folder: string }
  | { kind: "image"; image: ImageName };

/** Undefined when it is neither an image's name nor a part of one with `/*` behind it. */
export function parseImagePattern(text: string): ImagePattern | undefined {
  if (text === "*") return { kind: "any" };
  if (!text.endsWith("/*")) {
    const image = parseImage(text);
    return image && { kind: "image", image };
  }
  // The name of some image in that folder, of which only the folder is kept.
  const inside = parseRepository(`${text.slice(0, -1)}x`);
  if (!inside) return undefined;
  return { kind: "below", folder: placeOf(inside).slice(0, -1) };
}

/** A pattern without tag and digest means every one; with them, exactly these. */
export function isImageAmong(patterns: readonly ImagePattern[], image: ImageName): boolean {
  return patterns.some((pattern) => {
    if (pattern.kind === "any") return true;
    if (pattern.kind === "below") return placeOf(image).startsWith(pattern.folder);
    const { tag, digest } = pattern.image;
    const isTag = tag === undefined || tag === image.tag;
    const isDigest = digest === undefined || digest === image.digest;
    return placeOf(image) === placeOf(pattern.image) && isTag && isDigest;
  });
}

function placeOf({ registry, repository }: Pick<ImageName, "registry" | "repository">): string {
  return `${registry}/${repository}`;
}
