import type { Containers } from "./containers.ts";

const MOST_KEPT = 1_000;

/** What an image declares as volumes; asked once for each that is named by its digest or id. */
export function knownVolumes({
  volumesOf,
}: Pick<Containers, "volumesOf">): (image: string) => Promise<readonly string[]> {
  const kept = new Map<string, readonly string[]>();

  return async (image) => {
    const known = kept.get(image);
    if (known) return known;
    const volumes = await volumesOf(image);
    if (kept.size >= MOST_KEPT) kept.clear();
    if (image.includes("sha256:")) kept.set(image, volumes);
    return volumes;
  };
}
