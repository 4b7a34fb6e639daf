import { clockIn } from "./clock.ts";
import type { Facts } from "./facts.ts";
import type { Literal, Term } from "./syntax.ts";

/** What a term stands for; one with no items that cannot get more is absent. */
export interface Values {
  /** `null` is a value that is not known, or may turn out absent. */
  items: readonly (Value | null)[];
  /** Whether there may be more than these. */
  isOpen: boolean;
}

/** `text` was typed: it is a number or a boolean only where it is compared with one. */
export type Value = { kind: "text"; text: string } | Literal | { kind: "string"; text: string };

const ABSENT: Values = { items: [], isOpen: false };
const UNKNOWN: Values = { items: [], isOpen: true };

export function isAbsent(values: Values): boolean {
  return values.items.length === 0 && !values.isOpen;
}

export function valuesOf(term: Term, facts: Facts): Values {
  switch (term.kind) {
    case "option":
      return optionValues(term.name, facts);
    case "options":
      return facts.options ? typed(Object.values(facts.options).flat()) : UNKNOWN;
    case "argument":
      return facts.arguments ? typed(facts.arguments.slice(term.index, term.index + 1)) : UNKNOWN;
    case "arguments":
      return facts.arguments ? typed(facts.arguments) : UNKNOWN;
    case "user":
      return strings([facts.user]);
    case "group":
      return strings(facts.groups);
    case "role":
      return strings(facts.roles);
    case "channel":
      return strings([facts.channel?.id, facts.channel?.name]);
    case "adapter":
      return strings([facts.adapter]);
    case "hour":
    case "weekday":
      return clockValues(term.kind, facts);
    case "relay-tag":
      return relayTagValues(term.name, facts);
    case "list":
      return { items: term.items, isOpen: false };
    default:
      return { items: [term], isOpen: false };
  }
}

function optionValues(name: string, { options, abbreviations }: Facts): Values {
  if (!options) return UNKNOWN;
  if (!Object.hasOwn(options, name)) {
    const isOpen = abbreviations?.some((typedName) => name.startsWith(typedName));
    return isOpen ? typed([null]) : ABSENT;
  }
  return typed(options[name] ?? [null]);
}

function relayTagValues(name: string, { relayTags }: Facts): Values {
  if (!relayTags) return UNKNOWN;
  return Object.hasOwn(relayTags, name) ? strings([relayTags[name]]) : ABSENT;
}

function clockValues(unit: "hour" | "weekday", facts: Facts): Values {
  const clock = clockIn(facts.timeZone, facts.now);
  if (!clock) return UNKNOWN;
  if (unit === "weekday") return strings([clock.weekday]);
  return { items: [{ kind: "number", text: clock.hour, at: 0 }], isOpen: false };
}

function typed(texts: readonly (string | null)[]): Values {
  return {
    items: texts.map((text) => (text === null ? null : { kind: "text", text })),
    isOpen: false,
  };
}

function strings(texts: readonly (string | undefined)[]): Values {
  const items = texts.flatMap((text) =>
    text === undefined ? [] : [{ kind: "string" as const, text }],
  );
  return { items, isOpen: false };
}
