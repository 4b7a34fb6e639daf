import type {
  Comparison,
  Condition,
  Requirement,
  Rule,
  Term,
} from "../../../../bot/rules/syntax.ts";
import { expressionOf, isPresent, isSet } from "./cedar-terms.ts";

/** Cedar has two values: each condition is written once for either side of "unknown". */
type Wanted = "true" | "true or unknown";

/**
 * The same rules as Cedar policies. What is absent makes a comparison false and a negated one
 * unknown, so that every comparison is guarded; and an unknown rule grants nothing, but forbids and
 * demands.
 */
export function toCedar(rules: readonly Rule[]): string {
  return rules.flatMap(policiesOf).join("\n");
}

function policiesOf({ condition, effect }: Rule): string[] {
  const isTrue = condition ? expressed(condition, "true") : "true";
  const mayBeTrue = condition ? expressed(condition, "true or unknown") : "true";
  switch (effect.kind) {
    case "allow":
      return [policy("permit", isTrue)];
    case "forbid":
      return [policy("forbid", mayBeTrue)];
    case "must-have":
      return [
        policy("permit", isTrue),
        policy("forbid", `${mayBeTrue} && !${required(effect.requirement)}`),
      ];
  }
}

function policy(effect: "permit" | "forbid", condition: string): string {
  return `${effect} (principal, action, resource) when { ${condition} };`;
}

function required(requirement: Requirement): string {
  switch (requirement.kind) {
    case "permission":
      return `context.permission.contains("${requirement.name}")`;
    case "and":
    case "or":
      return joined(requirement.kind, requirement.parts.map(required));
    case "any-in":
      return `context.permission.containsAny(${quoted(requirement.permissions)})`;
    case "all-in":
      return `context.permission.containsAll(${quoted(requirement.permissions)})`;
  }
}

function quoted(permissions: readonly { name: string }[]): string {
  return JSON.stringify(permissions.map(({ name }) => name));
}

function expressed(condition: Condition, wanted: Wanted, isNegated = false): string {
  if (condition.kind === "not") return expressed(condition.condition, wanted, !isNegated);
  if (condition.kind === "comparison") return compared(condition, wanted, isNegated);
  const parts = condition.parts.map((part) => expressed(part, wanted, isNegated));
  return joined((condition.kind === "and") === isNegated ? "or" : "and", parts);
}

function joined(word: "and" | "or", parts: readonly string[]): string {
  return `(${parts.join(word === "and" ? " && " : " || ")})`;
}

function compared(comparison: Comparison, wanted: Wanted, isNegated: boolean): string {
  const { left, operator, right } = comparison;
  const guards = [left, right].map(isPresent).join(" && ");
  const isNegative = (operator === "!=" || operator === "not in") !== isNegated;
  const core = isNegated ? `!${question(comparison)}` : question(comparison);
  if (wanted === "true" || !isNegative) return `(${guards} && ${core})`;
  return `(!(${guards}) || ${core})`;
}

/** Whether it holds, given that both sides are there. */
function question({ quantifier, left, operator, right }: Comparison): string {
  switch (operator) {
    case "==":
    case "in":
      return holds(quantifier ?? "any", left, right);
    case "!=":
    case "not in":
      return `!${holds(quantifier === "any" ? "all" : "any", left, right)}`;
    default:
      return `(${expressionOf(left)} ${operator} ${expressionOf(right)})`;
  }
}

function holds(quantifier: "any" | "all", left: Term, right: Term): string {
  const [one, other] = [expressionOf(left), expressionOf(right)];
  if (right.kind === "pattern") return `(${one} like ${other})`;
  if (!isSet(left)) return isSet(right) ? `${other}.contains(${one})` : `(${one} == ${other})`;
  const others = isSet(right) ? other : `[${other}]`;
  return quantifier === "any" ? `${one}.containsAny(${others})` : `${others}.containsAll(${one})`;
}
