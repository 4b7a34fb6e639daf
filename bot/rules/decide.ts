import { evaluate } from "./evaluate.ts";
import type { Facts } from "./facts.ts";
import { printRequirement, printRule } from "./print.ts";
import { isMet, missingOf, permissionsIn } from "./requirement.ts";
import type { Effect, Requirement, Rule } from "./syntax.ts";
import { mayBeFalse, mayBeTrue, outcomeOf, type Truth } from "./truth.ts";

/** Plain data: it can be stored, and shown to whoever may see the rules. */
export type Decision =
  | { allowed: true; matched: readonly Match[] }
  | {
      allowed: false;
      reason: DenialReason;
      /** One line for the caller, to stand after "denied, ". */
      message: string;
      matched: readonly Match[];
      /** Permissions that would help, each on its own or together, as the message says. */
      missing?: readonly string[];
      /** What the rule that forbids it says. */
      because?: string;
    };

/** A rule that is true, or that cannot be told to be false. */
export interface Match {
  rule: string;
  outcome: "true" | "unknown";
}

export type DenialReason =
  /** The command has no rule. */
  | "no-rule"
  /** Rules exist, and none of them is true. */
  | "no-match"
  /** A rule that could allow it hangs on what is not known. */
  | "undecided"
  | "forbidden"
  | "missing-permission";

interface Weighed {
  rule: Rule;
  truth: Truth;
}

/**
 * Decides by all rules of the command, in whatever order: allowed when a rule that allows is
 * true, none that forbids is true or unknown, and what those that are true or unknown demand is met.
 */
export function decide(rules: readonly Rule[], facts: Facts): Decision {
  const weighed = weigh(rules, facts);
  const matched = weighed.flatMap(({ rule, truth }): Match[] => {
    const outcome = outcomeOf(truth);
    return outcome === "false" ? [] : [{ rule: printRule(rule), outcome }];
  });
  const effects = weighed.filter(({ truth }) => outcomeOf(truth) !== "false");
  const forbidden = whatForbids(effects);
  const unmet = effects.flatMap(({ rule }) => unmetBy(rule.effect, facts));
  const isGranted = weighed.some(
    ({ rule, truth }) => rule.effect.kind !== "forbid" && outcomeOf(truth) === "true",
  );

  const missing = [...new Set(unmet.flatMap(permissionsIn).map(({ name }) => name))];
  const denied = { allowed: false, matched, ...(missing.length > 0 && { missing }) } as const;
  if (forbidden) return { ...denied, reason: "forbidden", ...forbidden };
  if (unmet.length > 0) {
    return { ...denied, reason: "missing-permission", message: `needs ${printAll(unmet)}` };
  }
  if (isGranted) return { allowed: true, matched };
  return { ...denied, ...whyNothingGrants(weighed) };
}

/**
 * Whether a command is worth showing before its arguments are known: false only if no values of
 * what is unknown in `facts` could make the decision allow it.
 */
export function couldAllow(rules: readonly Rule[], facts: Facts): boolean {
  const weighed = weigh(rules, facts);
  const isBlocked = weighed.some(
    ({ rule, truth }) => stands(rule.effect, facts) === "blocks" && !mayBeFalse(truth),
  );
  const isGrantable = weighed.some(
    ({ rule, truth }) => stands(rule.effect, facts) === "grants" && mayBeTrue(truth),
  );
  return isGrantable && !isBlocked;
}

function weigh(rules: readonly Rule[], facts: Facts): Weighed[] {
  return rules
    .filter((rule) => rule.command === facts.command)
    .map((rule) => ({ rule, truth: evaluate(rule.condition, facts) }));
}

/** What a rule does when it is true: a demand that is not met blocks. */
function stands(effect: Effect, facts: Facts): "grants" | "blocks" {
  const isBlocking = effect.kind === "forbid" || unmetBy(effect, facts).length > 0;
  return isBlocking ? "blocks" : "grants";
}

function unmetBy(effect: Effect, { permissions }: Facts): Requirement[] {
  if (effect.kind !== "must-have" || isMet(effect.requirement, permissions)) return [];
  return [missingOf(effect.requirement, permissions)];
}

/** A rule that certainly forbids it says more than one that merely may. */
function whatForbids(
  weighed: readonly Weighed[],
): { message: string; because?: string } | undefined {
  const forbidding = weighed.filter(({ rule }) => rule.effect.kind === "forbid");
  const certain = forbidding.find(({ truth }) => outcomeOf(truth) === "true");
  const effect = (certain ?? forbidding[0])?.rule.effect;
  if (effect?.kind !== "forbid") return undefined;
  const { because } = effect;
  if (certain) {
    return because === undefined ? { message: "a rule forbids it" } : { message: because, because };
  }
  const message = "it cannot be told that no rule forbids it";
  return because === undefined ? { message } : { message: `${message} (${because})`, because };
}

function printAll(requirements: readonly Requirement[]): string {
  const texts = new Set(requirements.map(printRequirement));
  const needsParentheses = texts.size > 1;
  return [...texts]
    .map((text) => (needsParentheses && text.includes(" or ") ? `(${text})` : text))
    .join(" and ");
}

function whyNothingGrants(weighed: readonly Weighed[]): { reason: DenialReason; message: string } {
  if (weighed.length === 0) return { reason: "no-rule", message: "it has no rule that allows it" };
  const open = weighed.find(
    ({ rule, truth }) => rule.effect.kind !== "forbid" && outcomeOf(truth) === "unknown",
  );
  if (!open) return { reason: "no-match", message: "no rule allows it" };
  return { reason: "undecided", message: "it cannot be told whether a rule allows it" };
}
