import assert from "node:assert/strict";
import type { Facts } from "../../../bot/rules/facts.ts";
import { parseRule } from "../../../bot/rules/parse.ts";
import type { Rule } from "../../../bot/rules/syntax.ts";

/** Monday, 14:30 in UTC. */
export const MONDAY = new Date("2024-05-06T14:30:00Z");

/** Facts of `web:deploy`, typed by alice without arguments, except for what is given. */
export function factsWith(given: Partial<Facts> = {}): Facts {
  return {
    command: "web:deploy",
    options: {},
    arguments: [],
    user: "alice",
    groups: ["ops", "dev"],
    roles: ["deployer"],
    permissions: new Set(["web:read", "site:view"]),
    channel: { id: "C1", name: "releases" },
    adapter: "slack",
    now: MONDAY,
    timeZone: "UTC",
    relayTags: { region: "eu" },
    ...given,
  };
}

export function ruleOf(text: string): Rule {
  const parsed = parseRule(text, "web:deploy");
  assert.ok(parsed.ok, parsed.ok ? "" : `${text}: ${parsed.problem.message}`);
  return parsed.rule;
}

export function rulesOf(...texts: readonly string[]): Rule[] {
  return texts.map(ruleOf);
}

const numRuns = Number(process.env.ALDIS_TEST_RUNS ?? (process.env.CI ? 100_000 : 10_000));

/** How often a property is tried: ten times as often where changes are accepted. */
export const RUNS = { numRuns };

/** Enough for any one property, on two cores that have more to do. */
export const RUNS_TIMEOUT_MS = 30_000 + 5 * numRuns;
