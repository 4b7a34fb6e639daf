import type { Bundle } from "./bundle.ts";
import type { BundleProblem } from "./problem.ts";
import type { BundleFile } from "./schema.ts";

/** An image that is not pinned by its digest may become another one. */
export function lintImage({ image, commands }: Bundle, file: BundleFile): BundleProblem[] {
  if (image === undefined) return [];
  const path = [file.image === undefined ? "docker" : "image"];
  if (Object.values(commands).every(({ native }) => native)) {
    return [{ path, message: "has no effect: every command is native" }];
  }
  if (image.includes("@")) return [];
  const tag = /:([^/:]+)$/.exec(image)?.[1];
  const message =
    tag === undefined || tag === "latest"
      ? "names no version, so what runs may change from day to day; pin it as name@sha256:…"
      : `has a tag, and ${tag} may come to mean another image; pin it as name@sha256:…`;
  return [{ path, message }];
}
