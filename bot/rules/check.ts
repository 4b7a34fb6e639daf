import { nearest } from "../../relay/process/nearest.ts";
import { type CheckContext, type Complaint, checkComparison } from "./check-comparison.ts";
import { permissionsIn } from "./requirement.ts";
import {
  type Comparison,
  type Condition,
  problemAt,
  type Rule,
  type RuleProblem,
} from "./syntax.ts";

/**
 * Finds what can be known to be wrong before anything is typed: options that do not exist, values
 * of types that cannot be compared, permissions that nobody declares.
 */
export function checkRule(
  rule: Rule,
  context: CheckContext & {
    /** Every permission that is declared, as far as is known. */
    permissions: ReadonlySet<string>;
    /** If given, only permissions of this bundle are checked: others are not known yet. */
    onlyOf?: string | undefined;
  },
): RuleProblem[] {
  const comparisons = rule.condition ? comparisonsIn(rule.condition) : [];
  const complaints = [
    ...comparisons.flatMap((comparison) => checkComparison(comparison, context)),
    ...checkPermissions(rule, context.permissions, context.onlyOf),
  ];
  return complaints.map(({ at, message }) => problemAt(rule.text, at, message));
}

function checkPermissions(
  rule: Rule,
  known: ReadonlySet<string>,
  onlyOf: string | undefined,
): Complaint[] {
  if (rule.effect.kind !== "must-have") return [];
  return permissionsIn(rule.effect.requirement)
    .filter(({ name }) => !known.has(name))
    .filter(({ name }) => onlyOf === undefined || name.startsWith(`${onlyOf}:`))
    .map(({ name, at }) => {
      const close = nearest(name, known);
      const hint = close === undefined ? "" : `; did you mean ${close}?`;
      return { at, message: `nobody declares the permission ${name}${hint}` };
    });
}

function comparisonsIn(condition: Condition): Comparison[] {
  if (condition.kind === "comparison") return [condition];
  if (condition.kind === "not") return comparisonsIn(condition.condition);
  return condition.parts.flatMap(comparisonsIn);
}
