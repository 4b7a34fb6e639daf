import type { Term } from "../../../../bot/rules/syntax.ts";
import type { Reading } from "./reading-items.ts";
import { itemsOf } from "./reading-items.ts";

const NUMERIC: readonly string[] = ["n", "m"];

/** Whether a term stands for a set, as Cedar sees it. */
export function isSet(term: Term): boolean {
  if (term.kind === "option") return term.name === "list";
  return ["list", "group", "role", "channel", "arguments"].includes(term.kind);
}

/** Where a term that is no literal is found in the context. */
function nameOf(term: Term): string {
  switch (term.kind) {
    case "option":
      return `option_${term.name}`;
    case "argument":
      return `arg_${term.index}`;
    case "relay-tag":
      return `tag_${term.name}`;
    default:
      return term.kind;
  }
}

export function isPresent(term: Term): string {
  if (term.kind === "list") return String(term.items.length > 0);
  if (isLiteral(term)) return "true";
  const name = nameOf(term);
  return isSet(term) ? `!context.${name}.isEmpty()` : `context has ${name}`;
}

export function expressionOf(term: Term): string {
  switch (term.kind) {
    case "list":
      return `[${term.items.map(expressionOf)}]`;
    case "string":
      return JSON.stringify(term.text);
    case "number":
      return String(Number(term.text));
    case "boolean":
      return term.text;
    case "pattern":
      return likeOf(term.source);
    default:
      return `context.${nameOf(term)}`;
  }
}

/** Of patterns there are only words, anchored or not. */
function likeOf(source: string): string {
  const before = source.startsWith("^") ? "" : "*";
  const after = source.endsWith("$") ? "" : "*";
  return `"${before}${source.replace(/^\^|\$$/g, "")}${after}"`;
}

function isLiteral({ kind }: Term): boolean {
  return kind === "string" || kind === "number" || kind === "boolean" || kind === "pattern";
}

type Value = string | number | boolean;

const ONES: readonly Term[] = [
  ...(["user", "adapter", "weekday", "hour"] as const).map((kind) => ({ kind, at: 0 })),
  ...["a", "b", "n", "m", "f"].map((name) => ({ kind: "option" as const, name, at: 0 })),
  ...[0, 1].map((index) => ({ kind: "argument" as const, index, at: 0 })),
  ...["k", "z"].map((name) => ({ kind: "relay-tag" as const, name, at: 0 })),
];
const SETS: readonly Term[] = [
  ...(["group", "role", "channel", "arguments"] as const).map((kind) => ({ kind, at: 0 })),
  { kind: "option", name: "list", at: 0 },
];

/** The facts as Cedar gets them: numbers as numbers, what is absent left out, sets perhaps empty. */
export function contextOf(facts: Reading): Record<string, Value | string[]> {
  const ones = ONES.flatMap((term) => {
    const [item] = itemsOf(term, facts);
    return item && item.kind !== "pattern" ? [[nameOf(term), typed(term, item.text)] as const] : [];
  });
  const sets = SETS.map((term) => [nameOf(term), textsOf(term, facts)] as const);
  return Object.fromEntries([...ones, ...sets, ["permission", [...facts.permissions]]]);
}

function typed(term: Term, text: string): Value {
  if (term.kind === "hour") return Number(text);
  if (term.kind !== "option") return text;
  if (NUMERIC.includes(term.name)) return Number(text);
  return term.name === "f" ? text === "true" : text;
}

function textsOf(term: Term, facts: Reading): string[] {
  return itemsOf(term, facts).flatMap((item) => (item.kind === "pattern" ? [] : [item.text]));
}
