import assert from "node:assert/strict";
import fc from "fast-check";
import { parseRule } from "../../../../bot/rules/parse.ts";
import type { Rule } from "../../../../bot/rules/syntax.ts";

/** Rules, and several things to try them on: reading the rules takes longer than deciding. */
export interface Case<Given> {
  texts: readonly string[];
  givens: readonly Given[];
}

const GIVENS_PER_CASE = 10;

/** How many cases there are to be so that at least so many pairs come together. */
export function casesFor(pairs: number): { numRuns: number } {
  return { numRuns: Math.ceil(pairs / GIVENS_PER_CASE) };
}

export function casesOf<Given>(
  rules: fc.Arbitrary<string>,
  givens: fc.Arbitrary<Given>,
): fc.Arbitrary<Case<Given>> {
  // On average a little more than GIVENS_PER_CASE, and only one where a failure is shrunk.
  const many = { minLength: 1, maxLength: 2.3 * GIVENS_PER_CASE, size: "max" } as const;
  return fc.record({
    texts: fc.array(rules, { minLength: 1, maxLength: 4, size: "max" }),
    givens: fc.array(givens, many),
  });
}

/** Rules that name their command. */
export function rulesFrom(texts: readonly string[]): Rule[] {
  return texts.map((text) => {
    const parsed = parseRule(text);
    assert.ok(parsed.ok, text);
    return parsed.rule;
  });
}
