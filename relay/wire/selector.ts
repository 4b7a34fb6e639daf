import { z } from "zod";
import { parseSelectorTerms, type SelectorTerm } from "./selector-text.ts";

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

/** What several selectors ask of one tag adds up; each alone is bounded where it is written. */
const MOST_VALUES = 1024;

const TagValues = z.record(
  TagName,
  z.union([TagValue, z.array(TagValue).max(MOST_VALUES)]).transform((value) => [value].flat()),
);

/** Which relays may take an execution; values may be written alone, and are lists once parsed. */
export const Selector = z.object({
  tags: TagValues.default({}),
  not: TagValues.default({}),
  exists: z.array(TagName).default([]),
  /** Tags that it does not have; itself left out where there are none. */
  absent: z.array(TagName).optional(),
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
    selector.exists.every((name) => Object.hasOwn(tags, name)) &&
    !selector.absent?.some((name) => Object.hasOwn(tags, name))
  );
}

/** How many of the preferred tags a relay has; the more, the sooner it is asked. */
export function preference(selector: Selector, tags: Tags): number {
  return Object.entries(selector.preferred).filter(([name, values]) => hasOneOf(tags, name, values))
    .length;
}

/** Matches exactly what both match; what the second prefers wins over the first. */
export function mergeSelectors(first: Selector, second: Selector): Selector {
  const absent = union(first.absent ?? [], second.absent ?? []);
  return {
    tags: combine(first.tags, second.tags, (a, b) => a.filter((value) => b.includes(value))),
    not: combine(first.not, second.not, union),
    exists: union(first.exists, second.exists),
    ...(absent.length > 0 && { absent }),
    preferred: { ...first.preferred, ...second.preferred },
  };
}

/** Reads `k=v,k in (v w),!k=v,k,!k,~k=v`; several terms on one tag must all hold. */
export function parseSelector(text: string): SelectorParse {
  const parsed = parseSelectorTerms(text);
  if (!parsed.ok) return parsed;
  const selector = parsed.terms.map(selectorOf).reduce(mergeSelectors, anyRelay());
  return { ok: true, selector };
}

function selectorOf({ name, mark, values }: SelectorTerm): Selector {
  const any = anyRelay();
  if (!values) return mark === "!" ? { ...any, absent: [name] } : { ...any, exists: [name] };
  const wanted = { [name]: values };
  if (mark === "!") return { ...any, not: wanted };
  return mark === "~" ? { ...any, preferred: wanted } : { ...any, tags: wanted };
}

/** The text form, the same in whatever order its tags are kept; what every relay matches has none. */
export function printSelector(selector: Selector): string {
  const terms = (mark: string, values: Record<string, string[]>) =>
    Object.keys(values)
      .sort()
      .map((name) => mark + printTerm(name, values[name] ?? []));
  return [
    ...terms("", selector.tags),
    ...terms("!", selector.not),
    ...selector.exists,
    ...(selector.absent ?? []).map((name) => `!${name}`),
    ...terms("~", selector.preferred),
  ].join(",");
}

/** One tag and the values of which it should have one, as the text form has it. */
export function printTerm(name: string, values: readonly string[]): string {
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

function union(first: readonly string[], second: readonly string[]): string[] {
  return [...new Set([...first, ...second])];
}
