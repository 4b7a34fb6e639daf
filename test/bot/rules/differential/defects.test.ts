import assert from "node:assert/strict";
import fc from "fast-check";
import { afterAll, describe, test } from "vitest";
import type { Facts } from "../../../../bot/rules/facts.ts";
import { agreeWithCedar } from "./agree-with-cedar.ts";
import { agree } from "./agreement.ts";
import { type Case, casesFor, casesOf, rulesFrom } from "./cases.ts";
import { DEFECTS } from "./defects.ts";
import { typedFacts, typedRules } from "./typed-cases.ts";
import { someFacts, untypedRules } from "./untyped-cases.ts";

/** Far fewer than the comparisons themselves try. */
const MOST_PAIRS = 5_000;

const untyped = casesOf(untypedRules, someFacts);
const typed = casesOf(typedRules, typedFacts);
const found: string[] = [];

afterAll(() => console.log(["pairs until a mistake was found", ...found].join("\n")));

/** How many pairs it takes until the comparison finds that they disagree. */
function pairsUntil(
  cases: fc.Arbitrary<Case<Facts>>,
  compare: (given: Case<Facts>, onPair: () => void) => void,
): number {
  let pairs = 0;
  const property = fc.property(cases, (given) => compare(given, () => pairs++));
  const { errorInstance } = fc.check(property, { ...casesFor(MOST_PAIRS), endOnFailure: true });
  return errorInstance instanceof assert.AssertionError ? pairs : Infinity;
}

describe("the naive evaluator finds a decider in which", () => {
  test.each(DEFECTS)("$mistake", ({ mistake, decider }) => {
    const pairs = pairsUntil(untyped, ({ texts, givens }, onPair) => {
      const rules = rulesFrom(texts);
      for (const some of givens) {
        onPair();
        agree(decider, rules, some);
      }
    });

    found.push(`naive ${String(pairs).padStart(6)}  ${mistake}`);
    assert.ok(pairs < MOST_PAIRS);
  });
});

describe("Cedar finds a decider in which", () => {
  const visible = DEFECTS.filter(({ showsInCompleteFacts }) => showsInCompleteFacts);
  test.each(visible)("$mistake", ({ mistake, decider }) => {
    const pairs = pairsUntil(typed, ({ texts, givens }, onPair) =>
      agreeWithCedar(decider, rulesFrom(texts), givens, onPair),
    );

    found.push(`Cedar ${String(pairs).padStart(6)}  ${mistake}`);
    assert.ok(pairs < MOST_PAIRS);
  });
});
