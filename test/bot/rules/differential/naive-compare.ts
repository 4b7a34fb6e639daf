import type { Comparison, Literal, Operator } from "../../../../bot/rules/syntax.ts";
import { every, type Kleene, opposite, some, truth } from "./kleene.ts";
import { itemsOf, type Reading } from "./reading-items.ts";

/** Text was typed: it is a number or a boolean only where it is compared with one. */
export type Item = Literal | { kind: "text"; text: string };

const OPPOSITES: Readonly<Record<"any" | "all", "any" | "all">> = { any: "all", all: "any" };

/** `not any a == b` is `all a != b`: the quantifier turns with the sign. */
export function compared(comparison: Comparison, isNegated: boolean, reading: Reading): Kleene {
  const { operator } = comparison;
  const hasNegativeSign = operator === "!=" || operator === "not in";
  const isNegative = hasNegativeSign !== isNegated;
  const left = itemsOf(comparison.left, reading);
  const right = itemsOf(comparison.right, reading);
  if (left.length === 0 || right.length === 0) return isNegative ? 0.5 : 0;
  const written = comparison.quantifier ?? (hasNegativeSign ? "all" : "any");
  const quantifier = isNegated ? OPPOSITES[written] : written;
  const values = left.map((item) => {
    const value = comparedWith(item, operator, right);
    return isNegative ? opposite(value) : value;
  });
  return quantifier === "all" ? every(values) : some(values);
}

function comparedWith(item: Item, operator: Operator, others: readonly Item[]): Kleene {
  if (operator !== "<" && operator !== "<=" && operator !== ">" && operator !== ">=") {
    return some(others.map((other) => equal(item, other)));
  }
  const [one] = others;
  if (one === undefined || others.length > 1) return 0.5;
  return ordered(item, operator, one);
}

function equal(one: Item, other: Item): Kleene {
  if (one.kind === "pattern") return other.kind === "pattern" ? 0.5 : found(one.source, other);
  if (other.kind === "pattern") return found(other.source, one);
  const kinds = [one.kind, other.kind];
  if (kinds.includes("number")) {
    const [a, b] = [scaled(one), scaled(other)];
    return a === undefined || b === undefined ? 0.5 : truth(a === b);
  }
  if (kinds.includes("boolean")) {
    return isBoolean(one) && isBoolean(other) ? truth(one.text === other.text) : 0.5;
  }
  return truth(one.text === other.text);
}

function ordered(one: Item, operator: "<" | "<=" | ">" | ">=", other: Item): Kleene {
  const [a, b] = [scaled(one), scaled(other)];
  if (a === undefined || b === undefined) return 0.5;
  if (operator === "<") return truth(a < b);
  if (operator === "<=") return truth(a <= b);
  return operator === ">" ? truth(a > b) : truth(a >= b);
}

/** The generated patterns mean the same to JavaScript as to RE2. */
function found(source: string, item: Exclude<Item, { kind: "pattern" }>): Kleene {
  if (item.kind !== "text" && item.kind !== "string") return 0.5;
  return truth(new RegExp(source, "u").test(item.text));
}

function scaled(item: Item): bigint | undefined {
  if (item.kind !== "number" && item.kind !== "text") return undefined;
  if (!SCALED.has(item.text)) SCALED.set(item.text, withoutPoint(item.text));
  return SCALED.get(item.text);
}

const DECIMALS = 20;
/** The same few texts come again and again. */
const SCALED = new Map<string, bigint | undefined>();

/** A number without its point, exactly; nothing if this is none. */
function withoutPoint(text: string): bigint | undefined {
  if (!/^-?(0|[1-9][0-9]*)(\.[0-9]{1,20})?$/.test(text)) return undefined;
  const [whole = "", fraction = ""] = text.split(".");
  return BigInt(whole + fraction.padEnd(DECIMALS, "0"));
}

function isBoolean(item: Exclude<Item, { kind: "pattern" }>): boolean {
  const isTyped = item.kind === "boolean" || item.kind === "text";
  return isTyped && (item.text === "true" || item.text === "false");
}
