import assert from "node:assert/strict";
import type { Facts } from "../../../../bot/rules/facts.ts";
import type { Rule } from "../../../../bot/rules/syntax.ts";
import { decideByCedar } from "./cedar.ts";
import type { Decider, Verdict } from "./decider.ts";
import { asReading } from "./reading-items.ts";

/**
 * Throws unless the decider decides as Cedar does by the same rules, for facts of which nothing is
 * unknown and every place holds values of its one type. Where a rule comes out unknown is compared
 * by what follows from it.
 */
export function agreeWithCedar(
  decider: Decider,
  all: readonly Rule[],
  manyFacts: readonly Facts[],
  onPair: (rules: readonly Rule[], verdict: Verdict) => void,
): void {
  const rules = all.filter(({ command }) => command === manyFacts[0]?.command);
  const allowedByCedar = decideByCedar(rules);
  for (const facts of manyFacts) {
    const reading = asReading(facts);
    assert.ok(reading, "Cedar is given no unknowns");
    const verdict = decider.decide(all, facts);
    onPair(rules, verdict);
    assert.equal(verdict.allowed, allowedByCedar(reading), "the decision");
  }
}
