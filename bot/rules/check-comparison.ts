import { nearest } from "../../relay/process/nearest.ts";
import { type Comparison, type Literal, NUMBER, type Term } from "./syntax.ts";

/** What the command of a rule declares. */
export interface CheckContext {
  /** Absent where the command declares none: any name may then be given. */
  options?: Readonly<Record<string, DeclaredOption>> | undefined;
  arguments?: readonly { choices?: readonly string[] | undefined }[];
}

export interface DeclaredOption {
  type: string;
  short?: string | undefined;
  choices?: readonly string[] | undefined;
}

export interface Complaint {
  at: number;
  message: string;
}

const WEEKDAYS: readonly string[] = [
  "monday",
  "tuesday",
  "wednesday",
  "thursday",
  "friday",
  "saturday",
  "sunday",
];

export function checkComparison(comparison: Comparison, context: CheckContext): Complaint[] {
  const { left, right } = comparison;
  const complaint =
    checkOption(left, context) ?? checkOption(right, context) ?? checkShape(comparison, context);
  if (complaint) return [complaint];
  const others = right.kind === "list" ? right.items : [right];
  const mine = left.kind === "list" ? left.items : [left];
  return mine.flatMap((term) =>
    others.flatMap((other) => checkPair(term, comparison.operator, other, context) ?? []),
  );
}

function checkOption(term: Term, { options }: CheckContext): Complaint | undefined {
  if (term.kind !== "option" || !options || Object.hasOwn(options, term.name)) return undefined;
  const long = Object.keys(options).find((name) => options[name]?.short === term.name);
  const close = long ?? nearest(term.name, Object.keys(options));
  const hint = close === undefined ? "" : `; did you mean ${close}?`;
  return { at: term.at, message: `the command has no option ${term.name}${hint}` };
}

/** Lists stand where a list belongs, and nowhere else. */
function checkShape(comparison: Comparison, context: CheckContext): Complaint | undefined {
  const { quantifier, left, operator, right } = comparison;
  if (quantifier ? !mayBeList(left, context) : left.kind === "list") {
    const message = quantifier ? `${quantifier} needs a list` : "a list stands on the right of in";
    return { at: left.at, message };
  }
  if (left.kind === "pattern") return { at: left.at, message: "a pattern stands on the right" };
  if (operator === "in" || operator === "not in") {
    if (mayBeList(right, context)) return undefined;
    return { at: right.at, message: `${operator} needs a list, like [one, two]` };
  }
  if (!isAlwaysList(right, context)) return undefined;
  return {
    at: right.at,
    message: `${operator} compares with one value; in asks for one of a list`,
  };
}

function mayBeList(term: Term, context: CheckContext): boolean {
  return isAlwaysList(term, context) || (term.kind === "option" && !context.options);
}

function isAlwaysList(term: Term, context: CheckContext): boolean {
  if (term.kind === "option") return declared(term, context)?.type === "list";
  return ["list", "group", "role", "arguments", "options"].includes(term.kind);
}

function checkPair(
  left: Term,
  operator: Comparison["operator"],
  right: Term,
  context: CheckContext,
): Complaint | undefined {
  const [a, b] = [typeOf(left, context), typeOf(right, context)];
  if (["<", "<=", ">", ">="].includes(operator)) {
    const culprit = isOrderable(a) ? (isOrderable(b) ? undefined : right) : left;
    return culprit && { at: culprit.at, message: `${operator} compares numbers` };
  }
  if (!areComparable(a, b)) {
    return { at: right.at, message: `${a} cannot be compared with ${b}` };
  }
  return checkValue(left, right, context) ?? checkValue(right, left, context);
}

/** The type a term is known to have; `text` is what may turn out to be a number or a boolean. */
type Type = "string" | "number" | "boolean" | "pattern" | "text" | "int" | "bool" | "word";

function typeOf(term: Term, context: CheckContext): Type {
  switch (term.kind) {
    case "option":
      return optionType(declared(term, context)?.type);
    case "options":
    case "argument":
    case "arguments":
      return "text";
    case "hour":
      return "number";
    case "number":
    case "boolean":
    case "pattern":
      return term.kind;
    default:
      return "string";
  }
}

function optionType(type: string | undefined): Type {
  if (type === "int" || type === "float") return "int";
  if (type === "bool") return "bool";
  return type === undefined || type === "string" || type === "list" ? "text" : "word";
}

function isOrderable(type: Type): boolean {
  return type === "number" || type === "int" || type === "text";
}

function areComparable(left: Type, right: Type): boolean {
  const isTyped = (type: Type) =>
    type === "text" || type === "int" || type === "bool" || type === "word";
  if (left === "text" || right === "text") return true;
  if (isTyped(left) && isTyped(right)) return true;
  return isLiteralFor(left, right) && isLiteralFor(right, left);
}

/** Whether a value of the second type makes sense beside the first. */
function isLiteralFor(type: Type, other: Type): boolean {
  switch (type) {
    case "number":
      return other === "number" || other === "int";
    case "boolean":
      return other === "boolean" || other === "bool";
    case "int":
      return other !== "boolean";
    case "bool":
      return other !== "number";
    case "word":
      return other === "string" || other === "pattern";
    case "pattern":
      return other !== "number" && other !== "boolean" && other !== "pattern";
    default:
      return other !== "number" && other !== "boolean";
  }
}

/** A literal must be a value that the other side can have. */
function checkValue(term: Term, other: Term, context: CheckContext): Complaint | undefined {
  if (other.kind !== "string" && other.kind !== "number") return undefined;
  const possible = choicesOf(term, context);
  if (possible && other.kind === "string" && !possible.includes(other.text)) {
    const close = nearest(other.text, possible);
    const hint = close === undefined ? "" : `; did you mean ${close}?`;
    return { at: other.at, message: `it is never ${other.text}${hint}` };
  }
  return isPossible(term, other, context)
    ? undefined
    : { at: other.at, message: `it is never ${other.text}` };
}

function choicesOf(term: Term, context: CheckContext): readonly string[] | undefined {
  if (term.kind === "weekday") return WEEKDAYS;
  if (term.kind === "option") return declared(term, context)?.choices;
  return term.kind === "argument" ? context.arguments?.[term.index]?.choices : undefined;
}

function isPossible(term: Term, other: Literal, context: CheckContext): boolean {
  if (other.kind === "pattern") return true;
  const type = typeOf(term, context);
  if (term.kind === "hour" && other.kind === "number") {
    return /^\d+$/.test(other.text) && Number(other.text) <= 23;
  }
  if (type === "int") return NUMBER.test(other.text) && !isBrokenFor(term, other, context);
  return type !== "bool" || other.text === "true" || other.text === "false";
}

/** Of a whole number: `1.0` is one by value, and no text of one. */
function isBrokenFor(term: Term, other: Literal, context: CheckContext): boolean {
  if (other.kind === "pattern" || term.kind !== "option") return false;
  if (declared(term, context)?.type !== "int") return false;
  return other.kind === "number" ? /\.\d*[1-9]/.test(other.text) : other.text.includes(".");
}

function declared(
  term: Extract<Term, { kind: "option" }>,
  { options }: CheckContext,
): DeclaredOption | undefined {
  return options && Object.hasOwn(options, term.name) ? options[term.name] : undefined;
}
