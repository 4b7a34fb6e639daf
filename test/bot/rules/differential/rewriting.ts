import type { Facts } from "../../../../bot/rules/facts.ts";
import type { Comparison, Condition, Rule, Term } from "../../../../bot/rules/syntax.ts";
import { type Decider, realDecider } from "./decider.ts";

/** What the decider is given in place of a rule; nothing if it is left out. */
export type RuleRewriter = (rule: Rule, facts: Facts) => Rule | undefined;

/** The bot's own decider, which sees other rules than the ones it is asked about. */
export function withRules(rewrite: RuleRewriter): Decider {
  const seen = (rules: readonly Rule[], facts: Facts) =>
    rules.map((rule) => ({ rule, instead: rewrite(rule, facts) }));
  const given = (rules: ReturnType<typeof seen>) => rules.flatMap(({ instead }) => instead ?? []);
  return {
    shows: (rules, facts) => realDecider.shows(given(seen(rules, facts)), facts),
    decide: (rules, facts) => {
      const all = seen(rules, facts);
      const { allowed, outcomeOf } = realDecider.decide(given(all), facts);
      const insteadOf = (rule: Rule) => all.find((other) => other.rule === rule)?.instead ?? rule;
      return { allowed, outcomeOf: (rule) => outcomeOf(insteadOf(rule)) };
    },
  };
}

/** The same with facts. */
export function withFacts(rewrite: (facts: Facts) => Facts): Decider {
  return {
    shows: (rules, facts) => realDecider.shows(rules, rewrite(facts)),
    decide: (rules, facts) => realDecider.decide(rules, rewrite(facts)),
  };
}

/** `isNegated` when an odd number of "not" stands before it. */
type ComparisonRewriter = (comparison: Comparison, facts: Facts, isNegated: boolean) => Condition;

export function withComparisons(rewrite: ComparisonRewriter): Decider {
  const within = (condition: Condition, facts: Facts, isNegated: boolean): Condition => {
    if (condition.kind === "comparison") return rewrite(condition, facts, isNegated);
    if (condition.kind === "not") {
      return { kind: "not", condition: within(condition.condition, facts, !isNegated) };
    }
    const parts = condition.parts.map((part) => within(part, facts, isNegated));
    return { kind: condition.kind, parts };
  };
  return withRules((rule, facts) =>
    rule.condition ? { ...rule, condition: within(rule.condition, facts, false) } : rule,
  );
}

export function withTerms(rewrite: (term: Term) => Term): Decider {
  return withComparisons((comparison) => ({
    ...comparison,
    left: rewrite(comparison.left),
    right: rewrite(comparison.right),
  }));
}
