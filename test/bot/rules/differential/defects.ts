import type { Facts } from "../../../../bot/rules/facts.ts";
import type {
  Comparison,
  Condition,
  Effect,
  Literal,
  Rule,
  Term,
} from "../../../../bot/rules/syntax.ts";
import { type Decider, realDecider } from "./decider.ts";
import { asReading, itemsOf } from "./reading-items.ts";
import { withComparisons, withFacts, withRules, withTerms } from "./rewriting.ts";

/** A decider with one mistake, and whether it shows when nothing is unknown. */
export interface Defect {
  mistake: string;
  decider: Decider;
  showsInCompleteFacts: boolean;
}

export const DEFECTS: readonly Defect[] = [
  always("what is absent makes a negated comparison true", withComparisons(trueIfNegatedAbsent)),
  always("what is absent makes a comparison unknown", withComparisons(unknownIfAbsent)),
  always("a negated comparison asks for any of several", withComparisons(anyOfSeveral)),
  always("a number is compared as text", withTerms(numberAsText)),
  always("< lets the same number pass", withComparisons(orEqual)),
  always("and is read as or", withRules(andAsOr)),
  always("a forbid that is unknown is passed over", withRules(withoutUnknown("forbid"))),
  always("a demand that is unknown is passed over", withRules(withoutUnknown("must-have"))),
  always("an allow that is unknown grants", withRules(grantedWhenUnknown)),
  always("any of the demanded permissions will do", withRules(anyPermission)),
  always("a rule of another command has a say", withRules(ofAnyCommand)),
  withUnknowns("an option that is not known counts as absent", withFacts(withoutUnknownOptions)),
  withUnknowns("an argument that is not known counts as empty", withFacts(withEmptyArguments)),
  withUnknowns("a relay that is not chosen has no tags", withFacts(withoutTags)),
  withUnknowns("what is not allowed is not shown", {
    ...realDecider,
    shows: (rules, facts) => realDecider.decide(rules, facts).allowed,
  }),
];

function always(mistake: string, decider: Decider): Defect {
  return { mistake, decider, showsInCompleteFacts: true };
}

function withUnknowns(mistake: string, decider: Decider): Defect {
  return { mistake, decider, showsInCompleteFacts: false };
}

function constant(isTrue: boolean): Condition {
  const one = { kind: "number", text: "1", at: 0 } as const;
  return { kind: "comparison", left: one, operator: isTrue ? "==" : "<", right: one, at: 0 };
}

const UNDECIDED: Condition = {
  kind: "comparison",
  left: { kind: "number", text: "1", at: 0 },
  operator: "==",
  right: { kind: "boolean", text: "true", at: 0 },
  at: 0,
};

function isAbsent({ left, right }: Comparison, facts: Facts): boolean {
  const reading = asReading(facts);
  return reading !== undefined && [left, right].some((term) => itemsOf(term, reading).length === 0);
}

function isNegative({ operator }: Comparison, isNegated: boolean): boolean {
  return (operator === "!=" || operator === "not in") !== isNegated;
}

function trueIfNegatedAbsent(comparison: Comparison, facts: Facts, isNegated: boolean): Condition {
  const isAffected = isAbsent(comparison, facts) && isNegative(comparison, isNegated);
  return isAffected ? constant(!isNegated) : comparison;
}

function unknownIfAbsent(comparison: Comparison, facts: Facts): Condition {
  return isAbsent(comparison, facts) ? UNDECIDED : comparison;
}

function anyOfSeveral(comparison: Comparison): Condition {
  const isAffected = !comparison.quantifier && isNegative(comparison, false);
  return isAffected ? { ...comparison, quantifier: "any" } : comparison;
}

function orEqual(comparison: Comparison): Condition {
  return comparison.operator === "<" ? { ...comparison, operator: "<=" } : comparison;
}

function numberAsText(term: Term): Term {
  const asText = (literal: Literal): Literal =>
    literal.kind === "number" ? { ...literal, kind: "string" } : literal;
  if (term.kind === "list") return { ...term, items: term.items.map(asText) };
  return term.kind === "number" ? { ...term, kind: "string" } : term;
}

function andAsOr(rule: Rule): Rule {
  const within = (condition: Condition): Condition => {
    if (condition.kind === "comparison") return condition;
    if (condition.kind === "not") return { kind: "not", condition: within(condition.condition) };
    return { kind: "or", parts: condition.parts.map(within) };
  };
  return rule.condition ? { ...rule, condition: within(rule.condition) } : rule;
}

function isUnknown(rule: Rule, facts: Facts): boolean {
  return realDecider.decide([rule], facts).outcomeOf(rule) === "unknown";
}

function withoutUnknown(kind: Effect["kind"]) {
  return (rule: Rule, facts: Facts): Rule | undefined =>
    rule.effect.kind === kind && isUnknown(rule, facts) ? undefined : rule;
}

function grantedWhenUnknown(rule: Rule, facts: Facts): Rule {
  const isAffected = rule.effect.kind === "allow" && isUnknown(rule, facts);
  return isAffected ? { ...rule, condition: constant(true) } : rule;
}

function anyPermission(rule: Rule): Rule {
  const { effect } = rule;
  if (effect.kind !== "must-have" || effect.requirement.kind !== "and") return rule;
  return { ...rule, effect: { ...effect, requirement: { ...effect.requirement, kind: "or" } } };
}

function ofAnyCommand(rule: Rule, { command }: Facts): Rule {
  return { ...rule, command };
}

function withoutUnknownOptions(facts: Facts): Facts {
  const known = Object.entries(facts.options ?? {}).filter(([, values]) => values !== null);
  return { ...facts, options: Object.fromEntries(known) };
}

function withEmptyArguments(facts: Facts): Facts {
  return { ...facts, arguments: facts.arguments?.map((word) => word ?? "") ?? [] };
}

function withoutTags(facts: Facts): Facts {
  return { ...facts, relayTags: facts.relayTags ?? {} };
}
