import type { Facts } from "../../../../bot/rules/facts.ts";
import type { Comparison, Condition, Requirement, Rule } from "../../../../bot/rules/syntax.ts";
import { every, type Kleene, some } from "./kleene.ts";
import { compared } from "./naive-compare.ts";
import type { Reading } from "./reading-items.ts";

export type Outcome = "true" | "false" | "unknown";

/** What one comparison comes out as; `isNegated` when an odd number of "not" stands before it. */
export type Judge = (comparison: Comparison, isNegated: boolean) => Kleene;

/** A condition's value when `judge` says the value of every comparison in it. */
export function kleeneOf(
  condition: Condition | undefined,
  judge: Judge,
  isNegated = false,
): Kleene {
  if (!condition) return 1;
  if (condition.kind === "comparison") return judge(condition, isNegated);
  if (condition.kind === "not") return kleeneOf(condition.condition, judge, !isNegated);
  const parts = condition.parts.map((part) => kleeneOf(part, judge, isNegated));
  const isAnd = condition.kind === (isNegated ? "or" : "and");
  return isAnd ? every(parts) : some(parts);
}

/** Judges comparisons by facts of which nothing is unknown. */
export function judgeOf(reading: Reading): Judge {
  return (comparison, isNegated) => compared(comparison, isNegated, reading);
}

/** Allowed, if the rules of the command come out as these. */
export function allowedBy(
  rules: readonly Rule[],
  outcomes: readonly Kleene[],
  permissions: Facts["permissions"],
): boolean {
  const has = (kind: string, isRight: (value: Kleene, rule: Rule) => boolean) =>
    rules.some((rule, at) => rule.effect.kind === kind && isRight(outcomes[at] ?? 0, rule));
  const isGranted =
    has("allow", (value) => value === 1) || has("must-have", (value) => value === 1);
  const isForbidden = has("forbid", (value) => value > 0);
  const isUnmet = has("must-have", (value, { effect }) => {
    return value > 0 && effect.kind === "must-have" && !meets(effect.requirement, permissions);
  });
  return isGranted && !isForbidden && !isUnmet;
}

export function nameOf(value: Kleene): Outcome {
  if (value === 1) return "true";
  return value === 0 ? "false" : "unknown";
}

function meets(requirement: Requirement, permissions: Facts["permissions"]): boolean {
  const { kind } = requirement;
  if (kind === "permission") return permissions.has(requirement.name);
  const parts =
    "parts" in requirement
      ? requirement.parts.map((part) => meets(part, permissions))
      : requirement.permissions.map(({ name }) => permissions.has(name));
  return kind === "and" || kind === "all-in" ? !parts.includes(false) : parts.includes(true);
}
