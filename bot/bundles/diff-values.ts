import { canonicalJson } from "./digest.ts";

/** One value that is there on one side only, or is another. */
export interface ValueChange {
  /** Dotted, from where the comparison started; empty for the whole. */
  key: string;
  kind: "added" | "removed" | "changed";
  before?: unknown;
  after?: unknown;
}

/** What differs, each mapping looked into and each list as a whole. */
export function compareValues(before: unknown, after: unknown, key = ""): ValueChange[] {
  if (before === undefined && after === undefined) return [];
  if (before === undefined) return [{ key, kind: "added", after }];
  if (after === undefined) return [{ key, kind: "removed", before }];
  if (isMapping(before) && isMapping(after)) return compareMappings(before, after, key);
  if (canonicalJson(before) === canonicalJson(after)) return [];
  return [{ key, kind: "changed", before, after }];
}

/** What a list has more or less, as often as it does; its order does not count. */
export function compareLists(
  before: readonly string[],
  after: readonly string[],
  key = "",
): ValueChange[] {
  const removed = without(before, after).map((item): ValueChange => {
    return { key, kind: "removed", before: item };
  });
  const added = without(after, before).map((item): ValueChange => {
    return { key, kind: "added", after: item };
  });
  return [...removed, ...added];
}

/** The items of a list by their names. */
export function byName(items: readonly { name: string }[]): Record<string, unknown> {
  const record: Record<string, unknown> = Object.create(null);
  for (const item of items) record[item.name] = item;
  return record;
}

/** The same where the place of an item counts. */
export function placed(items: readonly { name: string }[]): Record<string, unknown> {
  return byName(items.map((item, index) => ({ ...item, position: index + 1 })));
}

function compareMappings(before: object, after: object, key: string): ValueChange[] {
  const [old, now] = [new Map(Object.entries(before)), new Map(Object.entries(after))];
  const names = new Set([...old.keys(), ...now.keys()]);
  return [...names].flatMap((name) =>
    compareValues(old.get(name), now.get(name), key === "" ? name : `${key}.${name}`),
  );
}

function without(items: readonly string[], others: readonly string[]): string[] {
  const left = new Map<string, number>();
  for (const item of others) left.set(item, (left.get(item) ?? 0) + 1);
  return items.filter((item) => {
    const count = left.get(item) ?? 0;
    if (count > 0) left.set(item, count - 1);
    return count === 0;
  });
}

function isMapping(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
