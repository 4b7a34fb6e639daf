import { printRule } from "../rules/print.ts";
import { relayTagsIn } from "../rules/relay-tags.ts";
import { askedFor, type Explanation } from "./explain.ts";
import type { Target } from "./resolve.ts";
import type { Trial } from "./try-rules.ts";

const OPERATORS_RULE = "a rule of this workspace";
const OPERATORS_TAG = "a tag in a rule of this workspace";

/**
 * What of an explanation its own caller may see: no more than typing the line tells, and the rules
 * of the bundle where the command is one that they could run at all. Rules of the operators' own
 * are for whoever may read who may do what.
 */
export function callersPart(explanation: Explanation): Explanation {
  const { target, trial, permissions, isVisible } = explanation;
  if (!target || !trial) return explanation;
  const missing = trial.decision.allowed ? [] : (trial.decision.missing ?? []);
  if (!isVisible) return { ...explanation, trial: decisionAlone(trial), permissions: missing };
  const own = ownRules(target);
  const asked = askedFor(own);
  return {
    ...explanation,
    trial: masked(trial, own),
    permissions: permissions.filter((name) => asked.includes(name) || missing.includes(name)),
  };
}

function decisionAlone({ decision }: Trial): Trial {
  return { decision: { ...decision, matched: [] }, rules: [], openTags: [] };
}

/** Those of the bundle; the operators' stand behind them, or in their place. */
function ownRules({ command }: Target) {
  return command.rules.filter(({ text }) => command.ruleTexts.includes(text));
}

function masked(trial: Trial, own: ReturnType<typeof ownRules>): Trial {
  const printed = new Set(own.map(printRule));
  const tags = new Set(relayTagsIn(own));
  const mask = <T extends { rule: string }>(each: T): T =>
    printed.has(each.rule) ? each : { ...each, rule: OPERATORS_RULE };
  const openTags = trial.openTags.map((tag) => (tags.has(tag) ? tag : OPERATORS_TAG));
  return {
    decision: { ...trial.decision, matched: trial.decision.matched.map(mask) },
    rules: trial.rules.map(mask),
    openTags: [...new Set(openTags)],
  };
}
