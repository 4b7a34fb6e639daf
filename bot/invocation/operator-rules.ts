import { nearest } from "../../relay/process/nearest.ts";
import type { OperatorRule } from "../access/operator-rules.ts";
import { SITE_PERMISSIONS } from "../access/permissions.ts";
import type { Bundle, Command } from "../bundles/bundle.ts";
import { checkRule } from "../rules/check.ts";
import { parseRule } from "../rules/parse.ts";
import type { Rule, RuleProblem } from "../rules/syntax.ts";
import { allTargets, nameOf, type Target } from "./resolve.ts";

export type Bundles = ReadonlyMap<string, Bundle>;

export type RuleCheck =
  | { ok: true; rule: Rule; target: Target }
  /** No enabled bundle has the command. */
  | { ok: false; reason: "not-found"; message: string }
  | { ok: false; reason: "invalid"; problems: readonly RuleProblem[] };

/** What a rule may ask for: what the program, the enabled bundles and the workspace declare. */
export function declaredPermissions(bundles: Bundles, own: Iterable<string>): Set<string> {
  const ofBundles = [...bundles.values()].flatMap(({ name, permissions }) =>
    permissions.map((permission) => `${name}:${permission}`),
  );
  return new Set([...Object.keys(SITE_PERMISSIONS), ...ofBundles, ...own]);
}

/** Checks a rule of the operators' own by what the command it names declares now. */
export function checkOperatorRule(
  text: string,
  bundles: Bundles,
  declared: ReadonlySet<string>,
): RuleCheck {
  const parsed = parseRule(text);
  if (!parsed.ok) return { ok: false, reason: "invalid", problems: [parsed.problem] };
  const { rule } = parsed;
  const targets = allTargets(bundles);
  const target = targets.find((candidate) => nameOf(candidate) === rule.command);
  if (!target) {
    const close = nearest(rule.command, targets.map(nameOf));
    const hint = close === undefined ? "" : `; did you mean ${close}?`;
    const message = `no enabled bundle has the command ${rule.command}${hint}`;
    return { ok: false, reason: "not-found", message };
  }
  const problems = problemsWith(rule, target.command, declared);
  if (problems.length > 0) return { ok: false, reason: "invalid", problems };
  return { ok: true, rule, target };
}

/**
 * The bundles with the operators' rules beside their own. Where one of these cannot be read, or no
 * longer fits its command, the command is closed: what it was to forbid is not known.
 */
export function withOperatorRules(
  bundles: Bundles,
  rules: readonly OperatorRule[],
  declared: ReadonlySet<string>,
  onBroken: (rule: OperatorRule, problem: RuleProblem) => void,
): Bundles {
  const byCommand = Map.groupBy(rules, ({ bundle, command }) => `${bundle}:${command}`);
  const ruled = (target: Target): Command => {
    const own = byCommand.get(nameOf(target));
    return own ? withRules(target, own, declared, onBroken) : target.command;
  };
  return new Map(
    [...bundles].map(([name, bundle]) => [name, { ...bundle, commands: eachOf(bundle) }]),
  );

  function eachOf(bundle: Bundle): Bundle["commands"] {
    const commands: Record<string, Command> = Object.create(null);
    for (const [name, command] of Object.entries(bundle.commands)) {
      commands[name] = ruled({ bundle, command });
    }
    return commands;
  }
}

function withRules(
  target: Target,
  own: readonly OperatorRule[],
  declared: ReadonlySet<string>,
  onBroken: (rule: OperatorRule, problem: RuleProblem) => void,
): Command {
  const { command } = target;
  const name = nameOf(target);
  const added = own.flatMap((each) => {
    const parsed = parseRule(each.rule, name);
    const problems = parsed.ok ? problemsWith(parsed.rule, command, declared) : [parsed.problem];
    for (const problem of problems) onBroken(each, problem);
    return parsed.ok && problems.length === 0 ? [parsed.rule] : [];
  });
  if (added.length < own.length) return { ...command, rules: [closed(name)] };
  return { ...command, rules: [...command.rules, ...added] };
}

function problemsWith(
  rule: Rule,
  command: Command,
  permissions: ReadonlySet<string>,
): RuleProblem[] {
  return checkRule(rule, {
    ...(command.declaresOptions && { options: command.options }),
    arguments: command.arguments,
    permissions,
  });
}

function closed(command: string): Rule {
  const because = "a rule of this workspace about it is no longer valid";
  const text = `${command} forbid because "${because}"`;
  return { command, effect: { kind: "forbid", because }, text };
}
