import { z } from "zod";
import { parseSelectorTerms } from "./selector-text.ts";

export const TagName = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._/-]{0,62}$/,
    "a tag name is letters, digits, and . _ / - between",
  );
export const TagValue = z.string().max(255);

/** What a relay says about itself. */
export const Tags = z.record(TagName, TagValue);
export type Tags = z.infer<typeof Tags>;

const TagValues = z.record(
  TagName,
  z.union([TagValue, z.array(TagValue).max(64)]).transform((value) => [value].flat()),
);

/** Which relays may take an execution; values may be written alone, and are lists once parsed. */
export const Selector = z.object({
  tags: TagValues.default({}),
  not: TagValues.default({}),
  exists: z.array(TagName).default([]),
  preferred: TagValues.default({}),
});
export type Selector = z.infer<typeof Selector>;

export type SelectorParse =
  | { ok: true; selector: Selector }
  | { ok: false; message: string; position: number };

/** The selector that every relay matches. */
export function anyRelay(): Selector {
  return { tags: {}, not: {}, exists: [], preferred: {} };
}

/** Whether a relay with these tags may be chosen; what is merely preferred has no say. */
export function matches(selector: Selector, tags: Tags): boolean {
  return (
    Object.entries(selector.tags).every(([name, values]) => hasOneOf(tags, name, values)) &&
    !Object.entries(selector.not).some(([name, values]) => hasOneOf(tags, name, values)) &&
    selector.exists.every((name) => Object.hasOwn(tags, name))
  );
}

/** How many of the preferred tags a relay has; the more, the sooner it is asked. */
export function preference(selector: Selector, tags: Tags): number {
  return Object.entries(selector.preferred).filter(([name, values]) => hasOneOf(tags, name, values))
    .length;
}

/** Matches exactly what both match; what the second prefers wins over the first. */
export function mergeSelectors(first: Selector, second: Selector): Selector {
  return {
    tags: combine(first.tags, second.tags, (a, b) => a.filter((value) => b.includes(value))),
    not: combine(first.not, second.not, (a, b) => [...new Set([...a, ...b])]),
    exists: [...new Set([...first.exists, ...second.exists])],
    preferred: { ...first.preferred, ...second.preferred },
  };
}

/** Reads `k=v,k in (v w),!k=v,k`; several terms on one tag must all hold. */
export function parseSelector(text: string): SelectorParse {
  const parsed = parseSelectorTerms(text);
  if (!parsed.ok) return parsed;
  let selector = anyRelay();
  for (const { name, negated, values } of parsed.terms) {
    const term = anyRelay();
    if (!values) term.exists.push(name);
    else if (negated) term.not[name] = values;
    else term.tags[name] = values;
    selector = mergeSelectors(selector, term);
  }
  return { ok: true, selector };
}

/** The text form, which has no place for what is preferred. */
export function printSelector(selector: Selector): string {
  return [
    ...Object.entries(selector.tags).map(([name, values]) => printTerm(name, values)),
    ...Object.entries(selector.not).map(([name, values]) => `!${printTerm(name, values)}`),
    ...selector.exists,
  ].join(",");
}

function printTerm(name: string, values: readonly string[]): string {
  const [first] = values;
  if (values.length === 1 && first !== undefined) return `${name}=${printValue(first)}`;
  return `${name} in (${values.map(printValue).join(" ")})`;
}

function printValue(value: string): string {
  return /^[A-Za-z0-9._/:@+-]+$/.test(value) ? value : JSON.stringify(value);
}

function hasOneOf(tags: Tags, name: string, values: readonly string[]): boolean {
  const value = Object.hasOwn(tags, name) ? tags[name] : undefined;
  return value !== undefined && values.includes(value);
}

function combine(
  first: Record<string, string[]>,
  second: Record<string, string[]>,
  both: (first: string[], second: string[]) => string[],
): Record<string, string[]> {
  const combined = { ...first };
  for (const [name, values] of Object.entries(second)) {
    const present = Object.hasOwn(first, name) ? first[name] : undefined;
    combined[name] = present ? both(present, values) : values;
  }
  return combined;
}
