import type { Facts } from "../rules/facts.ts";
import { printTerm } from "../rules/print.ts";
import type { Comparison, Literal, Term } from "../rules/syntax.ts";
import type { Command } from "./bundle.ts";

/** A comparison, or the negation of one. */
export type Test = Comparison | { kind: "not"; condition: Comparison };

export function comparisonOf(test: Test): Comparison {
  return test.kind === "not" ? test.condition : test;
}

/** A term that has at most one value, or none where literals are compared with each other. */
export type Subject =
  | Extract<Term, { kind: "option" | "argument" | "relay-tag" }>
  | { kind: "user" | "adapter" | "hour" | "weekday" }
  | { kind: "none" };

/** Nothing is known but that nothing is given. */
export const NO_FACTS: Facts = {
  command: "",
  options: null,
  arguments: null,
  user: "",
  groups: [],
  roles: [],
  permissions: new Set(),
  adapter: "",
  now: new Date(0),
  timeZone: "UTC",
  relayTags: null,
};

/** Monday, the first hour of a day. */
const MONDAY_MS = Date.UTC(2024, 0, 1);
const HOUR_MS = 3_600_000;
export const WEEKDAYS: readonly string[] = [
  "monday",
  "tuesday",
  "wednesday",
  "thursday",
  "friday",
  "saturday",
  "sunday",
];

/** What a comparison with literals is about; nothing for one between two terms or of a list. */
export function subjectOf({ left, right }: Comparison, command: Command): Subject | undefined {
  if (isLiteral(left) && isLiteral(right)) return { kind: "none" };
  if (isLiteral(left)) return single(right, command);
  return isLiteral(right) ? single(left, command) : undefined;
}

function single(term: Term, { options, declaresOptions }: Command): Subject | undefined {
  switch (term.kind) {
    case "option": {
      const isSingle = declaresOptions && options[term.name]?.type !== "list";
      return isSingle ? term : undefined;
    }
    case "argument":
    case "relay-tag":
      return term;
    case "user":
    case "adapter":
    case "hour":
    case "weekday":
      return { kind: term.kind };
    default:
      return undefined;
  }
}

/** What the subject is compared with. */
export function literalsOf({ left, right }: Comparison): readonly Literal[] {
  return [left, right].flatMap((term) => {
    if (term.kind === "list") return term.items;
    return isScalarLiteral(term) ? [term] : [];
  });
}

export function printSubject(subject: Subject): string {
  if (subject.kind === "none") return "";
  return "at" in subject ? printTerm(subject) : subject.kind;
}

/** Facts in which the subject has this value. */
export function factsAbout(subject: Subject, text: string): Facts {
  switch (subject.kind) {
    case "option":
      return { ...NO_FACTS, options: { [subject.name]: [text] } };
    case "argument":
      return { ...NO_FACTS, arguments: [...Array(subject.index).fill(null), text] };
    case "relay-tag":
      return { ...NO_FACTS, relayTags: { [subject.name]: text } };
    case "hour":
      return { ...NO_FACTS, now: new Date(MONDAY_MS + Number(text) * HOUR_MS) };
    case "weekday":
      return { ...NO_FACTS, now: new Date(MONDAY_MS + WEEKDAYS.indexOf(text) * 24 * HOUR_MS) };
    case "user":
    case "adapter":
      return { ...NO_FACTS, [subject.kind]: text };
    case "none":
      return NO_FACTS;
  }
}

function isLiteral(term: Term): boolean {
  return term.kind === "list" || isScalarLiteral(term);
}

function isScalarLiteral(term: Term): term is Literal {
  return ["string", "number", "boolean", "pattern"].includes(term.kind);
}
