import { couldAllow, decide } from "../../../../bot/rules/decide.ts";
import type { Facts } from "../../../../bot/rules/facts.ts";
import { printRule } from "../../../../bot/rules/print.ts";
import type { Rule } from "../../../../bot/rules/syntax.ts";
import type { Outcome } from "./naive-evaluator.ts";

/** What is compared with a second opinion. */
export interface Decider {
  decide(rules: readonly Rule[], facts: Facts): Verdict;
  /** Whether the command is shown before all is known. */
  shows(rules: readonly Rule[], facts: Facts): boolean;
}

export interface Verdict {
  allowed: boolean;
  /** What a rule of the command came out as, by the decision's own account. */
  outcomeOf(rule: Rule): Outcome;
}

/** The bot's own. */
export const realDecider: Decider = {
  decide: (rules, facts) => {
    const { allowed, matched } = decide(rules, facts);
    const outcomes = new Map(matched.map(({ rule, outcome }) => [rule, outcome]));
    return { allowed, outcomeOf: (rule) => outcomes.get(printRule(rule)) ?? "false" };
  },
  shows: couldAllow,
};
