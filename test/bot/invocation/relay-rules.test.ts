import assert from "node:assert/strict";
import { describe, test } from "vitest";
import { decideOnRelay, mayRunOn, storeFacts } from "../../../bot/invocation/relay-rules.ts";
import type { Facts } from "../../../bot/rules/facts.ts";
import { parseRule } from "../../../bot/rules/parse.ts";
import type { Rule } from "../../../bot/rules/syntax.ts";

const FACTS: Facts = {
  command: "web:deploy",
  options: { force: ["true"] },
  arguments: ["prod"],
  user: "ada",
  groups: ["ops"],
  roles: ["Deployer"],
  permissions: new Set(["web:deploy"]),
  channel: { id: "C1" },
  adapter: "slack",
  now: new Date("2026-05-04T14:30:00Z"),
  timeZone: "Europe/Zurich",
  relayTags: null,
};

const RULES: readonly (readonly string[])[] = [
  ['with relay.tag["region"] == "eu" allow'],
  ["allow", 'with relay.tag["region"] != "eu" forbid because "only in \\"eu\\""'],
  ["with relay.tag['region'] == /^e/ must have web:deploy"],
  ["with relay.tag['region'] in [eu, us] and hour == 16 must have any in [web:deploy, web:read]"],
  ["with relay.tag['region'] == 'eu' must have web:read"],
];
const TAGS = [{}, { region: "eu" }, { region: "us" }, { region: "moon" }];

function rulesOf(texts: readonly string[]): Rule[] {
  return texts.map((text) => {
    const parsed = parseRule(text, "web:deploy");
    return parsed.ok ? parsed.rule : assert.fail(parsed.problem.message);
  });
}

/** As it comes back out of the database. */
function kept(stored: unknown): { facts: unknown } {
  return { facts: JSON.parse(JSON.stringify(stored)) };
}

describe("a decision that has waited in the database", () => {
  test.each(RULES.map((rules) => ({ rules })))(
    "is made again as it was: $rules",
    async ({ rules }) => {
      const parsed = rulesOf(rules);
      const now = mayRunOn(parsed, FACTS);

      const later = await decideOnRelay(kept(storeFacts(parsed, FACTS)));

      assert.deepEqual(TAGS.map(later), TAGS.map(now));
    },
  );

  test.each(["__proto__", "constructor", "toString"])("keeps an option named %s", async (name) => {
    const rules = rulesOf([
      "with relay.tag['region'] == 'eu' allow",
      `with option["${name}"] == "x" forbid`,
    ]);
    const facts = { ...FACTS, options: Object.fromEntries([[name, ["x"]]]) };

    const later = await decideOnRelay(kept(storeFacts(rules, facts)));
    const without = await decideOnRelay(kept(storeFacts(rules, { ...FACTS, options: {} })));

    assert.equal(later({ region: "eu" }), false);
    assert.equal(without({ region: "eu" }), true);
  });

  test("keeps that a name may be short for a longer one", async () => {
    const rules = rulesOf([
      "with relay.tag['region'] == 'eu' allow",
      "with option['force'] == true forbid",
    ]);
    const facts = { ...FACTS, options: { forc: ["true"] }, abbreviations: ["forc"] };

    const later = await decideOnRelay(kept(storeFacts(rules, facts)));

    assert.equal(later({ region: "eu" }), false);
  });

  test("allows no relay where the rules are not there, or cannot be read", async () => {
    const stored = storeFacts(rulesOf(["allow"]), FACTS);
    const { rules: _, ...without } = Object(stored);

    const control = await decideOnRelay(kept(stored));
    const absent = await decideOnRelay(kept(without));
    const broken = await decideOnRelay(kept({ ...without, rules: ["allow", "allow if sunny"] }));

    assert.equal(control({}), true);
    assert.equal(absent({}), false);
    assert.equal(broken({}), false);
  });

  test("takes any relay where it did not hang on one", async () => {
    const decided = await decideOnRelay({ facts: null });

    assert.equal(decided({}), true);
  });
});
