import { SITE_PERMISSIONS } from "../access/permissions.ts";
import type { Bundle } from "../bundles/bundle.ts";
import { checkRule } from "../rules/check.ts";
import { parseRule } from "../rules/parse.ts";
import { permissionsIn } from "../rules/requirement.ts";
import { problemAt, type Rule, type RuleProblem } from "../rules/syntax.ts";
import { tokenizeRule } from "../rules/tokenize.ts";
import { allTargets, nameOf } from "./resolve.ts";

/** What is wrong with a rule; line and column are in its own text, as it was given. */
export interface RuleFault extends RuleProblem {
  rule: string;
}

export type RulesRead =
  | { ok: true; rules: readonly Rule[]; warnings: readonly RuleFault[] }
  | { ok: false; errors: readonly RuleFault[] };

/**
 * Reads rules that are to stand in for those of `command`, which they need not name, and checks
 * them by what the bundles at hand declare. Others may declare what those do not.
 */
export function readRules(
  texts: readonly string[],
  command: string,
  bundles: ReadonlyMap<string, Bundle>,
): RulesRead {
  const errors: RuleFault[] = [];
  const rules = texts.flatMap((text) => {
    const parsed = parseRule(text, commandNamedBy(text) === undefined ? command : undefined);
    const problems = parsed.ok ? problemsWith(parsed.rule, bundles) : [parsed.problem];
    errors.push(...problems.map((problem) => ({ ...problem, rule: text })));
    return parsed.ok ? [parsed.rule] : [];
  });
  if (errors.length > 0) return { ok: false, errors };
  return { ok: true, rules, warnings: rules.flatMap((rule) => warningsAbout(rule, bundles)) };
}

/** The command that a short name means if it stands in no bundle: the one that the rules name. */
export function commandMeantBy(texts: readonly string[], shortName: string): string | undefined {
  const named = new Set(texts.map(commandNamedBy));
  const meant = [...named].filter((name) => name?.endsWith(`:${shortName}`));
  return meant.length === 1 ? meant[0] : undefined;
}

function commandNamedBy(text: string): string | undefined {
  const scan = tokenizeRule(text);
  if (!scan.ok) return undefined;
  const [first, , , afterWhenCommandIs] = scan.tokens;
  const token = first?.text === "when" ? afterWhenCommandIs : first;
  return token?.kind === "qualified" ? token.text : undefined;
}

function problemsWith(rule: Rule, bundles: ReadonlyMap<string, Bundle>): RuleProblem[] {
  const target = allTargets(bundles).find((candidate) => nameOf(candidate) === rule.command);
  const foreign = foreignPermissions(rule, bundles).map(({ name }) => name);
  return checkRule(rule, {
    ...(target?.command.declaresOptions && { options: target.command.options }),
    ...(target && { arguments: target.command.arguments }),
    permissions: new Set([...declaredBy(bundles), ...foreign]),
  });
}

function warningsAbout(rule: Rule, bundles: ReadonlyMap<string, Bundle>): RuleFault[] {
  return foreignPermissions(rule, bundles).map(({ name, at }) => {
    const message = `no bundle given declares the permission ${name}`;
    return { ...problemAt(rule.text, at, message), rule: rule.text };
  });
}

/** Permissions that a bundle which is not at hand may declare, or an administrator. */
function foreignPermissions(
  { effect }: Rule,
  bundles: ReadonlyMap<string, Bundle>,
): { name: string; at: number }[] {
  if (effect.kind !== "must-have") return [];
  const declared = declaredBy(bundles);
  return permissionsIn(effect.requirement).filter(({ name }) => {
    const [bundle = ""] = name.split(":");
    return !bundles.has(bundle) && !declared.has(name);
  });
}

function declaredBy(bundles: ReadonlyMap<string, Bundle>): Set<string> {
  const own = [...bundles.values()].flatMap(({ name, permissions }) =>
    permissions.map((permission) => `${name}:${permission}`),
  );
  return new Set([...Object.keys(SITE_PERMISSIONS), ...own]);
}
