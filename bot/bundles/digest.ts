import { createHash } from "node:crypto";

/** `sha256:` and the hash of a document's canonical JSON: the same content, the same digest. */
export function digestOf(document: unknown): string {
  return `sha256:${createHash("sha256").update(canonicalJson(document)).digest("hex")}`;
}

/** JSON without white space, keys sorted by their UTF-16 code units. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value))
    return `[${value.map((item) => canonicalJson(item ?? null)).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  const pairs = Object.entries(value)
    .filter(([, item]) => item !== undefined)
    .sort(([first], [second]) => (first < second ? -1 : 1))
    .map(([key, item]) => `${JSON.stringify(key)}:${canonicalJson(item)}`);
  return `{${pairs.join(",")}}`;
}
