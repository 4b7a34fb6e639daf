import { NUMBER } from "./syntax.ts";
import { FALSE, OPEN, type Truth, truthOf, UNDECIDED } from "./truth.ts";
import type { Value } from "./values.ts";

/** Equality, or for a pattern whether it is found; undecided for types that cannot be equal. */
export function isEqual(left: Value | null, right: Value | null): Truth {
  if (left === null || right === null) return OPEN;
  if (right.kind === "pattern") return isFound(right, left);
  if (left.kind === "pattern") return isFound(left, right);
  if (left.kind === "number" || right.kind === "number") {
    if (!isNumeric(left) || !isNumeric(right)) return UNDECIDED;
    return truthOf(compareNumbers(left.text, right.text) === 0);
  }
  if (left.kind === "boolean" || right.kind === "boolean") {
    if (!isBoolean(left) || !isBoolean(right)) return UNDECIDED;
  }
  return truthOf(left.text === right.text);
}

/** Numeric order; undecided unless both are numbers. */
export function isOrdered(
  left: Value | null,
  operator: "<" | "<=" | ">" | ">=",
  right: Value | null,
): Truth {
  if (left === null || right === null) return OPEN;
  if (left.kind === "pattern" || right.kind === "pattern") return UNDECIDED;
  if (!isNumeric(left) || !isNumeric(right)) return UNDECIDED;
  const order = compareNumbers(left.text, right.text);
  switch (operator) {
    case "<":
      return truthOf(order < 0);
    case "<=":
      return truthOf(order <= 0);
    case ">":
      return truthOf(order > 0);
    default:
      return truthOf(order >= 0);
  }
}

/** Exact order of two decimal numbers, however many digits they have. */
export function compareNumbers(left: string, right: string): number {
  const [a, b] = [decimal(left), decimal(right)];
  if (a.isNegative !== b.isNegative) return a.isNegative ? -1 : 1;
  const size =
    a.whole.length - b.whole.length || order(a.whole, b.whole) || order(a.fraction, b.fraction);
  return a.isNegative ? -size : size;
}

type Plain = Exclude<Value, { kind: "pattern" }>;

function isFound(pattern: Extract<Value, { kind: "pattern" }>, other: Value): Truth {
  if (other.kind !== "text" && other.kind !== "string") return UNDECIDED;
  return truthOf(pattern.isIn(other.text));
}

function isNumeric(value: Plain): boolean {
  return value.kind === "number" || (value.kind === "text" && NUMBER.test(value.text));
}

function isBoolean(value: Plain): boolean {
  if (value.kind === "boolean") return true;
  return value.kind === "text" && (value.text === "true" || value.text === "false");
}

function decimal(text: string): { isNegative: boolean; whole: string; fraction: string } {
  const [whole = "", fraction = ""] = text.replace("-", "").split(".");
  const digits = withoutLastZeros(fraction);
  const isZero = whole === "0" && digits === "";
  return { isNegative: text.startsWith("-") && !isZero, whole, fraction: digits };
}

/** A pattern would look at every run of zeros again from each of them. */
function withoutLastZeros(digits: string): string {
  let end = digits.length;
  while (digits.charAt(end - 1) === "0") end--;
  return digits.slice(0, end);
}

function order(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

/** For conditions whose terms are absent. */
export function ofAbsent(isNegative: boolean): Truth {
  return isNegative ? UNDECIDED : FALSE;
}
