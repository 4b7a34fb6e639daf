import assert from "node:assert/strict";
import { test } from "vitest";
import { tryRules } from "../../../bot/invocation/try-rules.ts";
import type { Facts } from "../../../bot/rules/facts.ts";
import { parseRule } from "../../../bot/rules/parse.ts";
import { factsWith, ruleOf, rulesOf } from "../rules/rule-facts.ts";

test("tells of every rule how it came out, those that do not apply among them", () => {
  const other = parseRule("web:status allow");
  assert.ok(other.ok);
  const rules = [
    other.rule,
    ruleOf('with arg[0] == "prod" allow'),
    ruleOf('with arg[0] == "staging" forbid'),
    ruleOf("with arg[0] == 1 must have web:deploy"),
  ];

  const { decision, rules: tried } = tryRules(rules, factsWith({ arguments: ["prod"] }));

  assert.deepEqual(
    tried.map(({ outcome }) => outcome),
    ["other-command", "true", "false", "unknown"],
  );
  assert.equal(tried[1]?.rule, 'web:deploy with arg[0] == "prod" allow');
  assert.equal(decision.allowed, false);
});

test("what matched in the decision is what came out true or unknown", () => {
  const rules = rulesOf("allow", 'with user == "bob" allow', 'with relay.tag[x] == "y" allow');

  const { decision, rules: tried } = tryRules(rules, factsWith({ relayTags: null }));

  assert.deepEqual(
    decision.matched,
    tried.filter(({ outcome }) => outcome !== "false"),
  );
});

const open: readonly (readonly [what: string, rules: string[], Partial<Facts>, string[]])[] = [
  ["a relay could allow it", ['with relay.tag[region] == "eu" allow'], {}, ["region"]],
  ["a relay could lift what forbids", ["allow", 'with relay.tag[a] == "b" forbid'], {}, ["a"]],
  ["a relay is chosen", ['with relay.tag[region] == "eu" allow'], { relayTags: {} }, []],
  ["no relay can help", ['with relay.tag[a] == "b" allow', "forbid"], {}, []],
  ["it is allowed whatever the relay", ["allow", 'with relay.tag[a] == "b" allow'], {}, []],
  ["the rule is false anyway", ['with relay.tag[a] == "b" and user == "bob" allow'], {}, []],
];

test("names the relay's tags that a denial hangs on", () => {
  for (const [what, texts, facts, expected] of open) {
    const { openTags } = tryRules(rulesOf(...texts), factsWith({ relayTags: null, ...facts }));
    assert.deepEqual(openTags, expected, what);
  }
});
