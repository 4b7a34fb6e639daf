import assert from "node:assert/strict";
import { describe, test } from "vitest";
import type { OperatorRule } from "../../../bot/access/operator-rules.ts";
import { loadBundle } from "../../../bot/bundles/load.ts";
import {
  checkOperatorRule,
  declaredPermissions,
  withOperatorRules,
} from "../../../bot/invocation/operator-rules.ts";
import { whomToAsk } from "../../../bot/invocation/whom-to-ask.ts";
import { decide } from "../../../bot/rules/decide.ts";
import { factsWith } from "../rules/rule-facts.ts";

function bundlesOf(version: string, options: string) {
  const loaded = loadBundle(
    `aldis_bundle_version: 1
name: web
version: ${version}
image: web:1
commands:
  deploy: { executable: [x], options: ${options}, rules: [allow] }
  status: { executable: [x], options: {}, rules: [allow] }
`,
    "web.yaml",
  );
  assert.ok(loaded.ok);
  return new Map([["web", loaded.bundle]]);
}

const FIRST = bundlesOf("1.0.0", "{ force: { type: bool } }");
const SECOND = bundlesOf("2.0.0", "{}");

function about(rule: string): OperatorRule {
  return { id: "1", bundle: "web", command: "deploy", rule: `web:deploy ${rule}` };
}

/** Whether a command is allowed to somebody without permissions, with these rules beside it. */
function isAllowed(bundles: typeof FIRST, rules: OperatorRule[], command = "deploy"): boolean {
  const declared = declaredPermissions(bundles, ["site:on-call"]);
  const ruled = withOperatorRules(bundles, rules, declared, () => {});
  const own = ruled.get("web")?.commands[command]?.rules ?? assert.fail();
  const facts = factsWith({ command: `web:${command}`, options: { force: ["false"] } });
  return decide(own, { ...facts, permissions: new Set() }).allowed;
}

describe("P06 rules of the workspace's own stand beside those of the bundle", () => {
  test.each([
    [[], true],
    [["forbid"], false],
    [["must have site:on-call"], false],
    [["with user == 'bob' forbid"], true],
    [["allow"], true],
  ])("with %j it is allowed: %s", (rules, expected) => {
    assert.equal(isAllowed(FIRST, rules.map(about)), expected);
    assert.equal(isAllowed(SECOND, rules.map(about)), expected);
  });

  test("they say nothing about another command", () => {
    assert.ok(isAllowed(FIRST, [about("forbid")], "status"));
  });
});

describe("P07 where one of them no longer fits, the command is closed", () => {
  const rule = about('with option["force"] == true forbid');

  test("though the bundle would allow it", () => {
    assert.equal(isAllowed(FIRST, [rule]), true);
    assert.equal(isAllowed(SECOND, [rule]), false);
    assert.equal(isAllowed(SECOND, [rule], "status"), true);
  });

  test("and so where it cannot be read", () => {
    assert.equal(isAllowed(FIRST, [about("permit")]), false);
  });
});

describe("P08 a workspace may declare permissions of its own, as site:name", () => {
  const said = (text: string, own: string[]) =>
    checkOperatorRule(text, FIRST, declaredPermissions(FIRST, own)).ok;

  test("for its rules to ask for", () => {
    assert.equal(said("web:deploy must have site:on-call", ["site:on-call"]), true);
    assert.equal(said("web:deploy must have site:on-call", []), false);
  });
});

describe("P25 a denial for a missing permission names who could give it", () => {
  const denied = decide([], factsWith());
  const missing = { ...denied, allowed: false, reason: "missing-permission", message: "" } as const;

  test.each([
    [[], ""],
    [["alice"], ""],
    [["bob"], "; ask bob"],
    [["alice", "bob", "carol"], "; ask bob or carol"],
    [["a", "b", "c", "d", "e", "f"], "; ask a, b, c, d or e"],
  ])("of %j: %j", (managers, expected) => {
    assert.equal(whomToAsk(missing, managers, "alice"), expected);
  });

  test("and no other denial does", () => {
    assert.equal(whomToAsk(denied, ["bob"], "alice"), "");
  });
});
