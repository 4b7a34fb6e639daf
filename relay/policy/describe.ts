import type { ImagePattern } from "./image-patterns.ts";
import type { Policy } from "./policy.ts";

/** One line for the owner who has just written it. */
export function describePolicy({ networks, mounts, users, images, most }: Policy): string {
  return [
    `networks ${listOf(networks.keys())}`,
    `mounts ${listOf(mounts.keys())}`,
    `${users.length} range${users.length === 1 ? "" : "s"} of users`,
    describeImages(images),
    `limits ${Object.keys(most).length === 0 ? "unbounded" : "bounded"}`,
  ].join("; ");
}

function listOf(names: Iterable<string>): string {
  return [...names].join(", ") || "none";
}

function describeImages(images: readonly ImagePattern[]): string {
  if (images.some(({ kind }) => kind === "any")) return "any image";
  return `${images.length} pattern${images.length === 1 ? "" : "s"} of images`;
}
