import { SITE_PERMISSIONS } from "../../bot/access/permissions.ts";
import { type Decision, decide } from "../../bot/rules/decide.ts";
import type { Facts } from "../../bot/rules/facts.ts";
import { parseRule } from "../../bot/rules/parse.ts";
import type { Rule } from "../../bot/rules/syntax.ts";

const CONDITIONS = {
  true: 'with user == "alice"',
  false: 'with user == "bob"',
  unknown: 'with option["x"] == "y"',
} as const;
const EFFECTS = [
  { effect: "allow", held: [undefined] },
  { effect: "forbid", held: [undefined] },
  { effect: "must have web:deploy", held: [true, false] },
] as const;

/** What one rule comes to, by its effect, its outcome and whether the permission is held. */
export function decisionRows(): string[][] {
  return EFFECTS.flatMap(({ effect, held }) =>
    Object.entries(CONDITIONS).flatMap(([outcome, condition]) =>
      held.map((isHeld) => {
        const rule = `${condition} ${effect}`;
        const permission = isHeld === undefined ? "" : isHeld ? "held" : "missing";
        const alone = describeDecision(decide(rulesOf(rule), factsWith(isHeld)));
        const beside = describeDecision(decide(rulesOf(rule, "allow"), factsWith(isHeld)));
        return [`\`${effect}\``, outcome, permission, alone, beside];
      }),
    ),
  );
}

export function sitePermissionRows(): string[][] {
  return Object.entries(SITE_PERMISSIONS).map(([name, meaning]) => [`\`${name}\``, meaning]);
}

function describeDecision(decision: Decision): string {
  return decision.allowed ? "allowed" : `denied: \`${decision.reason}\``;
}

function rulesOf(...texts: readonly string[]): Rule[] {
  return texts.map((text) => {
    const parsed = parseRule(text, "web:deploy");
    if (!parsed.ok) throw new Error(`${text}: ${parsed.problem.message}`);
    return parsed.rule;
  });
}

function factsWith(isHeld: boolean | undefined): Facts {
  return {
    command: "web:deploy",
    options: { x: null },
    arguments: [],
    user: "alice",
    groups: [],
    roles: [],
    permissions: new Set(isHeld ? ["web:deploy"] : []),
    adapter: "console",
    now: new Date("2026-05-04T14:30:00Z"),
    timeZone: "UTC",
    relayTags: null,
  };
}
