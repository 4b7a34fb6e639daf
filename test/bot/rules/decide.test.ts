import assert from "node:assert/strict";
import { describe, test } from "vitest";
import { couldAllow, decide } from "../../../bot/rules/decide.ts";
import type { Facts } from "../../../bot/rules/facts.ts";
import { factsWith, rulesOf } from "./rule-facts.ts";

const T = "with user == 'alice'";
const F = "with user == 'bob'";
const U = "with user == 5";
const HAVE = "must have web:read";
const LACK = "must have web:deploy";

/** Rules, in any order, and the reason of a denial. */
function specify(rows: readonly (readonly [texts: string[], expected: string])[]): void {
  test.each(rows)("%j: %s", (texts, expected) => {
    for (const order of [texts, texts.toReversed()]) {
      const decision = decide(rulesOf(...order), factsWith());

      assert.equal(decision.allowed ? "allowed" : decision.reason, expected);
    }
  });
}

describe("R70 P13: allowed when a rule allows, none forbids and every demand is met", () => {
  specify([
    [["allow"], "allowed"],
    [[`${T} allow`], "allowed"],
    [[HAVE], "allowed"],
    [[`${T} ${HAVE}`], "allowed"],
    [["allow", `${F} forbid`], "allowed"],
    [["allow", `${F} ${LACK}`], "allowed"],
    [["allow", `${U} ${HAVE}`], "allowed"],
    [[`${U} allow`, `${T} allow`], "allowed"],
    [[`${F} allow`, `${T} ${HAVE}`], "allowed"],
    [[HAVE, `${F} ${LACK}`], "allowed"],
    [["web:deploy allow"], "allowed"],
  ]);
});

describe("R71 without a rule that is true it is denied", () => {
  describe("P22 no-rule", () => specify([[[], "no-rule"]]));
  describe("P24 no-match", () => {
    specify([
      [[`${F} allow`], "no-match"],
      [[`${F} ${HAVE}`], "no-match"],
      [[`${F} ${LACK}`], "no-match"],
      [[`${F} forbid`], "no-match"],
      [[`${F} allow`, `${F} forbid`], "no-match"],
    ]);
  });
  describe("P23 undecided", () => {
    specify([
      [[`${U} allow`], "undecided"],
      [[`${U} ${HAVE}`], "undecided"],
      [[`${U} allow`, `${F} allow`], "undecided"],
    ]);
  });
});

describe("R72 P20: a forbid that is true or unknown denies", () => {
  specify([
    [["forbid"], "forbidden"],
    [["allow", `${T} forbid`], "forbidden"],
    [["allow", `${U} forbid`], "forbidden"],
    [[HAVE, `${U} forbid`], "forbidden"],
    [[`${U} allow`, `${U} forbid`], "forbidden"],
  ]);
});

describe("R73 P21: a must have that is true or unknown denies where it is not met", () => {
  specify([
    [[LACK], "missing-permission"],
    [[`${T} ${LACK}`], "missing-permission"],
    [[`${U} ${LACK}`], "missing-permission"],
    [["allow", `${T} ${LACK}`], "missing-permission"],
    [["allow", `${U} ${LACK}`], "missing-permission"],
    [[HAVE, LACK], "missing-permission"],
  ]);
});

describe("P19 one reason is given, the strongest", () => {
  specify([
    [[LACK, "forbid"], "forbidden"],
    [[LACK, `${U} forbid`], "forbidden"],
    [[`${U} allow`, LACK], "missing-permission"],
    [[`${U} allow`, `${F} ${LACK}`], "undecided"],
  ]);
});

describe("P05 a permission alone allows nothing", () => {
  test.each([[[]], [[`${F} ${HAVE}`]], [["forbid"]]])("with %j", (texts) => {
    const permissions = new Set(["web:read", "web:deploy", "site:view"]);

    assert.equal(decide(rulesOf(...texts), factsWith({ permissions })).allowed, false);
  });
});

describe("R74 the order of the rules makes no difference", () => {
  const [first, second, third] = ["allow", `${T} ${HAVE}`, `${F} forbid`];
  test.each([
    [[first, second, third]],
    [[first, third, second]],
    [[second, first, third]],
    [[second, third, first]],
    [[third, first, second]],
    [[third, second, first]],
  ])("%j", (texts) => assert.ok(decide(rulesOf(...texts), factsWith()).allowed));
});

test("R76 a rule has a say in its own command only", () => {
  const decision = decide(rulesOf("allow"), factsWith({ command: "web:other" }));

  assert.ok(!decision.allowed && decision.reason === "no-rule");
});

describe("R11 P21: a demand is met by the permissions one has: web:read site:view", () => {
  test.each([
    ["web:read", true, ""],
    ["web:deploy", false, "web:deploy"],
    ["web:read and site:view", true, ""],
    ["web:read and web:deploy", false, "web:deploy"],
    ["web:a and web:b", false, "web:a and web:b"],
    ["web:read or web:deploy", true, ""],
    ["web:a or web:b", false, "web:a or web:b"],
    ["web:read and (web:a or web:b)", false, "web:a or web:b"],
    ["web:a or web:read and web:b", false, "web:a or web:b"],
    ["web:a or web:read and site:view", true, ""],
    ["any in [web:a, web:read]", true, ""],
    ["any in [web:a, web:b]", false, "any in [web:a, web:b]"],
    ["all in [web:read, site:view]", true, ""],
    ["all in [web:read, web:a]", false, "web:a"],
    ["all in [web:a, web:b]", false, "web:a and web:b"],
    ["all in [web:read, web:a] or any in [web:b]", false, "web:a or any in [web:b]"],
    ["web:constructor", false, "web:constructor"],
  ])("%s: %s", (requirement, isMet, needs) => {
    const decision = decide(rulesOf(`must have ${requirement}`), factsWith());

    assert.equal(decision.allowed, isMet);
    assert.equal(decision.allowed ? "" : decision.message, isMet ? "" : `needs ${needs}`);
  });
});

describe("R77 a decision explains itself", () => {
  test("with the rules that matched, and those that may have", () => {
    const decision = decide(rulesOf(`${T} allow`, `${F} allow`, `${U} allow`), factsWith());

    assert.deepEqual(decision, {
      allowed: true,
      matched: [
        { rule: 'web:deploy with user == "alice" allow', outcome: "true" },
        { rule: "web:deploy with user == 5 allow", outcome: "unknown" },
      ],
    });
  });

  test("with the permissions that are missing", () => {
    const rules = rulesOf("must have web:a and web:read", "must have web:b or web:c");

    const decision = decide(rules, factsWith());

    assert.ok(!decision.allowed);
    assert.equal(decision.reason, "missing-permission");
    assert.equal(decision.message, "needs web:a and (web:b or web:c)");
    assert.deepEqual(decision.missing, ["web:a", "web:b", "web:c"]);
  });

  test("P20 with the reason of the rule that forbids it", () => {
    const decision = decide(rulesOf("allow", 'forbid because "frozen until Monday"'), factsWith());

    assert.ok(!decision.allowed);
    assert.equal(decision.message, "frozen until Monday");
    assert.equal(decision.because, "frozen until Monday");
  });

  test("with what a rule forbids for certain before what one may forbid", () => {
    const unsure = decide(rulesOf("allow", `${U} forbid`), factsWith());
    const sure = decide(rulesOf(`${U} forbid`, 'forbid because "frozen"'), factsWith());

    assert.ok(!unsure.allowed && !sure.allowed);
    assert.equal(unsure.message, "it cannot be told that no rule forbids it");
    assert.equal(sure.message, "frozen");
  });

  test("as data that survives being stored", () => {
    const decision = decide(rulesOf(LACK, 'forbid because "x"'), factsWith());

    assert.deepEqual(JSON.parse(JSON.stringify(decision)), decision);
  });
});

describe("R78 P10: a command is shown unless no arguments could allow it", () => {
  const before: Partial<Facts> = { arguments: null, options: null };
  test.each([
    [[], false],
    [["allow"], true],
    [["forbid"], false],
    [["allow", "forbid"], false],
    [[LACK], false],
    [[HAVE], true],
    [["with arg[0] == 'x' allow"], true],
    [["with arg[0] == 'x' must have web:deploy"], false],
    [["with arg[0] == 'x' must have web:read"], true],
    [["allow", "with arg[0] == 'x' forbid"], true],
    [["allow", "with user == 'alice' forbid"], false],
    [["allow", "with user == 'alice' or arg[0] == 'x' forbid"], false],
    [["allow", "with arg[0] == 'x' must have web:deploy"], true],
    [["with arg[0] == 'x' and user == 'bob' allow"], false],
    [["with arg[0] == 'x' or user == 'bob' allow"], true],
    [["with option[force] == true allow"], true],
    [["with user == 5 allow"], false],
    [["with user == 5 and arg[0] == 'x' allow"], false],
    [["with user == 5 or arg[0] == 'x' allow"], true],
    [["allow", "with user == 5 forbid"], false],
    [["allow", "with user == 5 and arg[0] == 'x' forbid"], true],
    [["with relay.tag[region] == 'eu' allow"], true],
  ])("%j: %s", (texts, isShown) => {
    assert.equal(couldAllow(rulesOf(...texts), factsWith({ ...before, relayTags: null })), isShown);
  });

  test("even where an unknown option would have to be absent", () => {
    const rules = rulesOf('with option["a"] >= option["b"] forbid', "allow");
    const facts = factsWith({ options: { a: null, b: ["x", "true"] }, arguments: [] });

    assert.equal(decide(rules, { ...facts, options: { b: ["x", "true"] } }).allowed, true);
    assert.equal(couldAllow(rules, facts), true);
  });
});
