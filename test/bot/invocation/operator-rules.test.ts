import assert from "node:assert/strict";
import { describe, expect, test } from "vitest";
import type { OperatorRule } from "../../../bot/access/operator-rules.ts";
import type { Bundle } from "../../../bot/bundles/bundle.ts";
import { loadBundle } from "../../../bot/bundles/load.ts";
import {
  checkOperatorRule,
  declaredPermissions,
  withOperatorRules,
} from "../../../bot/invocation/operator-rules.ts";
import { decide } from "../../../bot/rules/decide.ts";
import type { Facts } from "../../../bot/rules/facts.ts";

const SOURCE = `
aldis_bundle_version: 1
name: web
version: VERSION
description: A web site.
permissions: [deploy]
commands:
  deploy:
    executable: [/bin/true]
    native: true
    options: OPTIONS
    arguments: [{ name: environment, choices: [staging, prod] }]
    rules: [allow]
  show:
    executable: [/bin/true]
    native: true
    options: {}
    rules: [allow]
`;

function bundlesOf(version: string, options: string): ReadonlyMap<string, Bundle> {
  const source = SOURCE.replace("VERSION", version).replace("OPTIONS", options);
  const loaded = loadBundle(source, "web.yaml");
  return new Map([["web", loaded.ok ? loaded.bundle : assert.fail("not a bundle")]]);
}

const V1 = bundlesOf("1.0.0", "{ force: { type: bool } }");
const V2 = bundlesOf("2.0.0", "{ force: { type: bool }, version: { type: string } }");
const V3 = bundlesOf("3.0.0", "{}");
const OWN = ["site:on-call"];
const FORCE = 'web:deploy with option["force"] == true must have site:on-call';

function ruleOf(rule: string, id = "1"): OperatorRule {
  return { id, bundle: "web", command: "deploy", rule };
}

function factsOf(change: Partial<Facts> = {}): Facts {
  return {
    command: "web:deploy",
    options: { force: ["true"] },
    arguments: ["prod"],
    user: "ada",
    groups: [],
    roles: [],
    permissions: new Set(),
    adapter: "console",
    now: new Date(0),
    timeZone: "UTC",
    relayTags: null,
    ...change,
  };
}

function applied(bundles: ReadonlyMap<string, Bundle>, rules: readonly OperatorRule[], own = OWN) {
  const problems: string[] = [];
  const ruled = withOperatorRules(bundles, rules, declaredPermissions(bundles, own), (_, problem) =>
    problems.push(problem.message),
  );
  const rulesOf = (command: string) => ruled.get("web")?.commands[command]?.rules ?? [];
  return { problems, rulesOf };
}

describe("checking a rule before it is added", () => {
  const declared = declaredPermissions(V1, OWN);

  test.each([
    ["web:deploy allow"],
    [FORCE],
    ["web:deploy with arg[0] == 'prod' must have web:deploy"],
    ["web:show must have site:audit-read"],
  ])("takes %s", (text) => {
    assert.equal(checkOperatorRule(text, V1, declared).ok, true);
  });

  test.each([
    ["allow", 1, 1, /bundle:command is expected/],
    ["web:deploy allow it", 1, 18, /should end here/],
    ["web:deploy\n  with option['farce'] == true allow", 2, 8, /force/],
    ["web:deploy must have site:on-cal", 1, 22, /did you mean site:on-call/],
    ["web:deploy must have other:thing", 1, 22, /nobody declares/],
    ["web:deploy with arg[0] == 'prood' allow", 1, 27, /prood/],
  ])("refuses %j at %i:%i", (text, line, column, message) => {
    const check = checkOperatorRule(text, V1, declared);

    const problem = check.ok || check.reason !== "invalid" ? assert.fail() : check.problems[0];
    assert.match(problem?.message ?? "", message);
    assert.deepEqual([problem?.line, problem?.column], [line, column]);
  });

  test("names the command that was probably meant", () => {
    const check = checkOperatorRule("web:deplo allow", V1, declared);

    expect(check).toMatchObject({
      reason: "not-found",
      message: "no enabled bundle has the command web:deplo; did you mean web:deploy?",
    });
  });
});

describe("the operators' rules", () => {
  test.each([
    ["1", V1],
    ["2", V2],
  ])("decide with those of the bundle in version %s", (_, bundles) => {
    const { rulesOf, problems } = applied(bundles, [ruleOf(FORCE)]);

    const without = decide(rulesOf("deploy"), factsOf());
    const permissions = new Set(["site:on-call"]);
    const holding = decide(rulesOf("deploy"), factsOf({ permissions }));
    const unforced = decide(rulesOf("deploy"), factsOf({ options: { force: ["false"] } }));

    expect(without).toMatchObject({ allowed: false, missing: ["site:on-call"] });
    assert.equal(holding.allowed, true);
    assert.equal(unforced.allowed, true);
    assert.deepEqual(problems, []);
  });

  const broken: readonly (readonly [string, ReadonlyMap<string, Bundle>, string, string[]])[] = [
    ["whose option is gone", V3, FORCE, OWN],
    ["whose permission is gone", V1, FORCE, []],
    ["that cannot be read", V1, "web:deploy allow if sunny", OWN],
    ["about another command than it is kept for", V1, "web:show allow", OWN],
  ];

  test.each(broken)("one %s closes its command, and no other", (_, bundles, rule, own) => {
    const { rulesOf, problems } = applied(bundles, [ruleOf("web:deploy allow"), ruleOf(rule)], own);

    const closed = decide(rulesOf("deploy"), factsOf());
    const other = decide(rulesOf("show"), factsOf({ command: "web:show", options: {} }));

    expect(closed).toMatchObject({ allowed: false, reason: "forbidden" });
    assert.equal(other.allowed, true);
    assert.equal(problems.length, 1);
  });

  test("about a command that no version has any more change nothing", () => {
    const gone = { ...ruleOf("web:gone forbid"), command: "gone" };
    const { rulesOf, problems } = applied(V1, [gone]);

    assert.equal(decide(rulesOf("deploy"), factsOf()).allowed, true);
    assert.deepEqual(problems, []);
  });
});
