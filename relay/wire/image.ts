/** An image's name, taken apart: `registry.example.com/team/web:1.4.0@sha256:…`. */
export interface ImageName {
  /** Host and port; `docker.io` where the name has none. */
  registry: string;
  repository: string;
  tag?: string;
  digest?: string;
}

export const IMAGE_DIGEST = /^sha256:[0-9a-f]{64}$/;
const HUB = "docker.io";
const HOST = /^(?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:]+\])(?::\d{1,5})?$/;
const PART = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/;
const TAG = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;
const MOST_LETTERS = 1000;

/** Undefined when the text names no image. An id alone is none: nothing could be pulled by it. */
export function parseImage(text: string): ImageName | undefined {
  if (text.length > MOST_LETTERS || IMAGE_DIGEST.test(text)) return undefined;
  const [named = "", digest, ...rest] = text.split("@");
  if (rest.length > 0 || (digest !== undefined && !IMAGE_DIGEST.test(digest))) return undefined;
  const colon = named.indexOf(":", named.lastIndexOf("/") + 1);
  const tag = colon < 0 ? undefined : named.slice(colon + 1);
  if (tag !== undefined && !TAG.test(tag)) return undefined;
  const place = parseRepository(colon < 0 ? named : named.slice(0, colon));
  return place && { ...place, ...(tag !== undefined && { tag }), ...(digest && { digest }) };
}

/** The part before tag and digest, as container engines read it: `web` is `docker.io/library/web`. */
export function parseRepository(
  text: string,
): Pick<ImageName, "registry" | "repository"> | undefined {
  const parts = text.split("/");
  const [first = ""] = parts;
  const namesHost = parts.length > 1 && /[.:]|^localhost$/.test(first);
  const host = namesHost ? first.toLowerCase() : HUB;
  const path = namesHost ? parts.slice(1) : parts;
  if (!HOST.test(host) || !path.every((part) => PART.test(part))) return undefined;
  const registry = host === `index.${HUB}` ? HUB : host;
  const isOfficial = registry === HUB && path.length === 1;
  return { registry, repository: isOfficial ? `library/${path.join("/")}` : path.join("/") };
}

/** The name with this digest in place of any other: what runs is these bytes. */
export function pinImage(image: string, digest: string): string {
  if (IMAGE_DIGEST.test(image)) return image;
  return `${image.split("@", 1)[0]}@${digest}`;
}
