import { printRule } from "../rules/print.ts";
import type { Rule } from "../rules/syntax.ts";
import type { Command } from "./bundle.ts";
import { compareLists, type ValueChange } from "./diff-values.ts";

/** What a change does to those who want to run the command, where that is certain. */
export type Effect = "easier" | "stricter";

export interface RuleChange extends ValueChange {
  effect?: Effect;
}

type Ruled = Pick<Command, "rules" | "ruleTexts">;

/** Rules that came or went. Their order and the way they are written decide nothing. */
export function compareRules(before: Ruled, after: Ruled): RuleChange[] {
  const texts = compareLists(before.rules.map(textOf), after.rules.map(textOf), "rules");
  const alwaysAllowed = [before, after].every(({ rules }) => rules.some(isPlainAllow));
  return texts.map((change) => {
    const rule = ruleOf(change, before, after);
    const effect = rule && effectOf(rule, change.kind === "added", alwaysAllowed);
    return effect ? { ...change, effect } : change;
  });
}

/** Without the command, which is the one that it stands at. */
function textOf(rule: Rule): string {
  return printRule(rule).slice(rule.command.length + 1);
}

function ruleOf({ before: removed, after: added }: ValueChange, before: Ruled, after: Ruled) {
  const rules = added === undefined ? before.rules : after.rules;
  return rules.find((rule) => textOf(rule) === (added ?? removed));
}

/**
 * One more `allow` never denies, one more `forbid` never allows. A `must have` both grants and
 * demands; it only demands where the command is allowed anyway.
 */
function effectOf({ effect }: Rule, isAdded: boolean, alwaysAllowed: boolean): Effect | undefined {
  if (effect.kind === "must-have" && !alwaysAllowed) return undefined;
  return (effect.kind === "allow") === isAdded ? "easier" : "stricter";
}

function isPlainAllow({ condition, effect }: Rule): boolean {
  return effect.kind === "allow" && !condition;
}
