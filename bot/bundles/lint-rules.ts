import { printRule } from "../rules/print.ts";
import { type Comparison, type Condition, problemAt, type Rule } from "../rules/syntax.ts";
import type { Command } from "./bundle.ts";
import { lintAnchors } from "./lint-anchors.ts";
import { type Contradiction, contradictionIn } from "./lint-never.ts";
import type { BundleProblem } from "./problem.ts";

/** Something about a rule, at an offset of its text. */
export interface RuleRemark {
  at: number;
  message: string;
}

/** Finds rules that decide nothing, or something else than they seem to. */
export function lintRules(command: Command): BundleProblem[] {
  const others = compareRules(command.rules);
  return command.rules.flatMap((rule, index) => {
    const remarks = [
      ...remarksOnEffect(rule, index, others),
      ...remarksOnCondition(rule, command),
      ...lintAnchors(rule),
    ];
    return remarks.map((remark) => problemInRule(rule, index, remark));
  });
}

export function problemInRule(
  rule: Rule,
  index: number,
  { at, message }: RuleRemark,
): BundleProblem {
  const { line, column } = problemAt(rule.text, at, message);
  return { path: ["rules", index], message, within: { line, column } };
}

/** What is asked of each rule about all the others, found in one pass. */
interface Others {
  /** The first rule that is the same as the one at an index. */
  twins: readonly number[];
  /** The first rule that always allows, or -1. */
  always: number;
}

function compareRules(rules: readonly Rule[]): Others {
  const firsts = new Map<string, number>();
  const twins = rules.map((rule, index) => {
    const printed = printRule(rule);
    const twin = firsts.get(printed) ?? index;
    firsts.set(printed, twin);
    return twin;
  });
  const always = rules.findIndex(({ effect, condition }) => effect.kind === "allow" && !condition);
  return { twins, always };
}

function remarksOnEffect(rule: Rule, index: number, { twins, always }: Others): RuleRemark[] {
  const twin = twins[index] ?? index;
  if (twin < index) return [{ at: 0, message: `is the same as rules[${twin}]` }];
  if (rule.effect.kind === "forbid" && !rule.condition) {
    return [{ at: 0, message: "always forbids, so nobody may run the command" }];
  }
  if (rule.effect.kind !== "allow" || always < 0 || always === index) return [];
  return [{ at: 0, message: `changes nothing: rules[${always}] allows always` }];
}

function remarksOnCondition({ condition }: Rule, command: Command): RuleRemark[] {
  if (!condition) return [];
  const comparisons = comparisonsIn(condition);
  return [
    ...contradictions(condition, command),
    ...comparisons.filter(comparesAll).map(({ at }) => ({
      at,
      message: "compares all arguments or options at once; say any or all",
    })),
    ...comparisons.flatMap((comparison) => secretsIn(comparison, command)),
  ];
}

/** Of the whole condition, or else of those parts between `or` that are of no use. */
function contradictions(condition: Condition, command: Command): RuleRemark[] {
  const whole = contradictionIn(condition, command);
  if (whole) return [remark(whole, "can never be true")];
  if (condition.kind !== "or") return [];
  return condition.parts.flatMap((part) => {
    const contradiction = contradictionIn(part, command);
    return contradiction ? [remark(contradiction, "has a part that can never be true")] : [];
  });
}

function remark({ at, reason }: Contradiction, what: string): RuleRemark {
  return { at, message: `${what}: ${reason}` };
}

function comparesAll({ quantifier, left }: Comparison): boolean {
  return !quantifier && (left.kind === "arguments" || left.kind === "options");
}

/** Whoever may see the decision learns whether the secret was the right one. */
function secretsIn({ left, right }: Comparison, { options }: Command): RuleRemark[] {
  return [left, right].flatMap((term) => {
    if (term.kind !== "option" || !options[term.name]?.secret) return [];
    const message = `compares the secret option ${term.name}, whose value the decision gives away`;
    return [{ at: term.at, message }];
  });
}

export function comparisonsIn(condition: Condition): Comparison[] {
  if (condition.kind === "comparison") return [condition];
  if (condition.kind === "not") return comparisonsIn(condition.condition);
  return condition.parts.flatMap(comparisonsIn);
}
