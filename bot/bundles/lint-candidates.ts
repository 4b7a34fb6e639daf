import { compareNumbers } from "../rules/compare.ts";
import { type Comparison, type Literal, NUMBER } from "../rules/syntax.ts";
import type { Command } from "./bundle.ts";
import { comparisonOf, literalsOf, type Subject, type Test, WEEKDAYS } from "./lint-subject.ts";

type Plain = Exclude<Literal, { kind: "pattern" }>;

/**
 * Texts one of which the subject must be to meet all tests, as far as the tests can tell texts
 * apart; nothing where there are too many to name.
 */
export function possibleTexts(
  subject: Subject,
  tests: readonly Test[],
  command: Command,
): readonly string[] | undefined {
  return declaredTexts(subject, command) ?? demandedTexts(tests);
}

function declaredTexts(subject: Subject, command: Command): readonly string[] | undefined {
  if (subject.kind === "weekday") return WEEKDAYS;
  if (subject.kind === "hour") return Array.from({ length: 24 }, (_, hour) => String(hour));
  if (subject.kind === "argument") return command.arguments[subject.index]?.choices;
  if (subject.kind !== "option") return undefined;
  const option = command.options[subject.name];
  return option?.type === "bool" ? ["true", "false"] : option?.choices;
}

/** From a test that asks for equality: the subject is then one of its literals. */
function demandedTexts(tests: readonly Test[]): readonly string[] | undefined {
  const literals = tests.flatMap((test) => literalsOf(comparisonOf(test)));
  const demanded = tests.filter(asksForEquality).map((test) => plainOnly(comparisonOf(test)));
  const first = demanded.find((plain) => plain !== undefined);
  if (!first) return undefined;
  if (!first.some(({ kind }) => kind === "number")) return first.map(({ text }) => text);
  // A number may be written in many ways, which a pattern could tell apart.
  if (literals.some(({ kind }) => kind === "pattern")) return undefined;
  const written = literals.flatMap((literal) => (literal.kind === "pattern" ? [] : literal.text));
  return first.flatMap(({ kind, text }) => (kind === "number" ? spellings(text, written) : text));
}

/** `==` and `in`, or what `not` makes of the others. */
function asksForEquality(test: Test): boolean {
  const { operator } = comparisonOf(test);
  const operators = test.kind === "not" ? ["!=", "not in"] : ["==", "in"];
  return operators.includes(operator);
}

function plainOnly(comparison: Comparison): readonly Plain[] | undefined {
  const plain = literalsOf(comparison).flatMap((literal) =>
    literal.kind === "pattern" ? [] : literal,
  );
  return plain.length === literalsOf(comparison).length ? plain : undefined;
}

/** The ways to write a number that these texts tell apart, and one that is none of them. */
function spellings(number: string, written: readonly string[]): string[] {
  const same = written.filter((text) => NUMBER.test(text) && compareNumbers(text, number) === 0);
  const longest = Math.max(...written.map((text) => text.length));
  const other = `${number}${number.includes(".") ? "" : "."}${"0".repeat(longest + 1)}`;
  return [...same, other];
}
