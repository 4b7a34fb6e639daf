import { couldAllow, type Decision, decide } from "../rules/decide.ts";
import { evaluate } from "../rules/evaluate.ts";
import type { Facts } from "../rules/facts.ts";
import { printRule } from "../rules/print.ts";
import { relayTagsIn } from "../rules/relay-tags.ts";
import type { Rule } from "../rules/syntax.ts";
import { type Outcome, outcomeOf } from "../rules/truth.ts";

/** A decision with the part that each rule had in it. */
export interface Trial {
  decision: Decision;
  /** In the order given. */
  rules: readonly TriedRule[];
  /** Tags of a relay that is not chosen yet, and with which it may come out otherwise. */
  openTags: readonly string[];
}

export interface TriedRule {
  /** In its canonical form. */
  rule: string;
  outcome: Outcome | "other-command";
}

export function tryRules(rules: readonly Rule[], facts: Facts): Trial {
  const decision = decide(rules, facts);
  const tried = rules.map((rule) => ({ rule, outcome: outcomeFor(rule, facts) }));
  const unknown = tried.filter(({ outcome }) => outcome === "unknown").map(({ rule }) => rule);
  const isOpen = !decision.allowed && facts.relayTags === null && couldAllow(rules, facts);
  return {
    decision,
    rules: tried.map(({ rule, outcome }) => ({ rule: printRule(rule), outcome })),
    openTags: isOpen ? relayTagsIn(unknown) : [],
  };
}

function outcomeFor(rule: Rule, facts: Facts): TriedRule["outcome"] {
  if (rule.command !== facts.command) return "other-command";
  return outcomeOf(evaluate(rule.condition, facts));
}
