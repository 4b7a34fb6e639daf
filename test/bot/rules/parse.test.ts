import assert from "node:assert/strict";
import { describe, test } from "vitest";
import { parseRule } from "../../../bot/rules/parse.ts";
import { printRule } from "../../../bot/rules/print.ts";
import { ruleOf } from "./rule-facts.ts";

describe("a rule is read, and printed in its canonical form", () => {
  test.each([
    ["allow", "allow"],
    ["forbid", "forbid"],
    ["  allow  ", "allow"],
    ["web:deploy allow", "allow"],
    ["when command is web:deploy allow", "allow"],
    ["when command is web:deploy with user == 'a' allow", 'with user == "a" allow'],
    ['forbid because "frozen"', 'forbid because "frozen"'],
    ["forbid because 'it''s'".replace("''", "\\'"), 'forbid because "it\'s"'],
    ["must have web:deploy", "must have web:deploy"],
    ["must have web:a and web:b", "must have web:a and web:b"],
    ["must have web:a or web:b and web:c", "must have web:a or (web:b and web:c)"],
    ["must have (web:a or web:b) and web:c", "must have (web:a or web:b) and web:c"],
    ["must have ((web:a))", "must have web:a"],
    ["must have any in [web:a, site:b]", "must have any in [web:a, site:b]"],
    ["must have all in [web:a]", "must have all in [web:a]"],
    [
      "must have all in [web:a, site:b] or any in [site:c]",
      "must have all in [web:a, site:b] or any in [site:c]",
    ],
    ['with option["force"] == true allow', 'with option["force"] == true allow'],
    ["with option[force] == true allow", 'with option["force"] == true allow'],
    ["with options[force] == true allow", 'with option["force"] == true allow'],
    ["with option[dryRun] != false allow", 'with option["dryRun"] != false allow'],
    ["with option[dry-run] == true allow", 'with option["dry-run"] == true allow'],
    ["with option[all] == true allow", 'with option["all"] == true allow'],
    ["with option['a b'] == 'x' allow", 'with option["a b"] == "x" allow'],
    ["with arg[0] == 'prod' allow", 'with arg[0] == "prod" allow'],
    ["with args[12] == 'prod' allow", 'with arg[12] == "prod" allow'],
    ["with any arg == 'x' allow", 'with any arg == "x" allow'],
    [
      "with all args in [x, 'y z', 3, true, /^a/] allow",
      'with all arg in ["x", "y z", 3, true, /^a/] allow',
    ],
    ["with any option < 10 allow", "with any option < 10 allow"],
    ["with user in ['a', b] allow", 'with user in ["a", "b"] allow'],
    ["with user not in [a] allow", 'with user not in ["a"] allow'],
    ["with group == 'ops' allow", 'with group == "ops" allow'],
    ["with 'ops' in group allow", 'with "ops" in group allow'],
    ["with all role in [a] allow", 'with all role in ["a"] allow'],
    ["with channel == 'C1' allow", 'with channel == "C1" allow'],
    ["with adapter == 'slack' allow", 'with adapter == "slack" allow'],
    ["with hour >= 9 and hour < 17 allow", "with hour >= 9 and hour < 17 allow"],
    ["with weekday in [saturday, sunday] forbid", 'with weekday in ["saturday", "sunday"] forbid'],
    ["with relay.tag['region'] == 'eu' allow", 'with relay.tag["region"] == "eu" allow'],
    ["with relay.tag[region] == 'eu' allow", 'with relay.tag["region"] == "eu" allow'],
    ["with arg[0] == arg[1] allow", "with arg[0] == arg[1] allow"],
    ["with arg[0] in [] allow", "with arg[0] in [] allow"],
    ["with arg[0]<5 allow", "with arg[0] < 5 allow"],
    ["with arg[0]<=-5.25 allow", "with arg[0] <= -5.25 allow"],
    ["with arg[0]>0 allow", "with arg[0] > 0 allow"],
    ["with not arg[0] == 'x' allow", 'with not arg[0] == "x" allow'],
    ["with not not arg[0] == 'x' allow", 'with not not arg[0] == "x" allow'],
    ["with not (user == 'x' or user == 'y') allow", 'with not (user == "x" or user == "y") allow'],
    [
      "with user == 'a' and user == 'b' or user == 'c' allow",
      'with (user == "a" and user == "b") or user == "c" allow',
    ],
    [
      "with user == 'a' or user == 'b' and user == 'c' allow",
      'with user == "a" or (user == "b" and user == "c") allow',
    ],
    ["with not user == 'a' and user == 'b' allow", 'with not user == "a" and user == "b" allow'],
    ["with (((user == 'a'))) allow", 'with user == "a" allow'],
    ["with\n  user == 'a'\n  allow", 'with user == "a" allow'],
    ["with\u00a0user == 'a'\u3000allow", 'with user == "a" allow'],
    [
      String.raw`with user == 'a\'b\"c\\d\ne\tf' allow`,
      String.raw`with user == "a'b\"c\\d\ne\tf" allow`,
    ],
    ["with arg[0] == /^prod.*/ allow", "with arg[0] == /^prod.*/ allow"],
    [String.raw`with arg[0] == /a\/b\d\\/ allow`, String.raw`with arg[0] == /a\/b\d\\/ allow`],
    ["with arg[0] == // allow", "with arg[0] == // allow"],
    ["with arg[0] == /(?i)x/ must have web:a", "with arg[0] == /(?i)x/ must have web:a"],
  ])("%s", (text, expected) => {
    assert.equal(printRule(ruleOf(text)), `web:deploy ${expected}`);
  });
});

describe("a rule that is wrong says what and where", () => {
  test.each([
    ["", 1, "allow, forbid or must have"],
    ["permit", 1, "allow, forbid or must have"],
    ["allow me", 7, "should end here"],
    ["web:other allow", 1, "cannot be about web:other"],
    ["when command is allow", 17, "bundle:command"],
    ["when user == 'x' allow", 1, "allow, forbid or must have"],
    ["Web:deploy allow", 4, "no meaning"],
    ["must web:a", 1, "allow, forbid or must have"],
    ["must have", 10, "permission like"],
    ["must have deploy", 11, "permission like"],
    ["must have (web:a", 17, ") is expected"],
    ["must have any in []", 20, "cannot be empty"],
    ["must have any in [web:a", 24, "] is expected"],
    ["must have any in web:a", 18, "[ is expected"],
    ["must have web:a and", 20, "permission like"],
    ["forbid because frozen", 16, "reason in quotes"],
    ["with allow", 6, "something to compare"],
    ["with user allow", 11, "a comparison"],
    ["with user == allow", 14, "something to compare"],
    ["with user == prod allow", 14, "in quotes"],
    ["with user = 'x' allow", 11, "no meaning"],
    ["with user === 'x' allow", 13, "no meaning"],
    ["with arg == 'x allow", 13, "never closed"],
    ["with arg[0] == /x allow", 16, "never closed"],
    ["with arg[0] == /(/ allow", 16, "RE2"],
    ["with arg[0] == /(?=x)/ allow", 16, "RE2"],
    [String.raw`with arg[0] == /(a)\1/ allow`, 16, "RE2"],
    ["with arg[0] == /a{1001}/ allow", 16, "RE2"],
    [`with arg[0] == /${"a{999}".repeat(10)}/ allow`, 16, "repeats too much"],
    [`with arg[0] == /${"a".repeat(1001)}/ allow`, 16, "at most 1000"],
    ["with arg[x] == 'a' allow", 10, "argument's number"],
    ["with arg[-1] == 'a' allow", 10, "argument's number"],
    ["with arg[1.5] == 'a' allow", 10, "argument's number"],
    ["with arg[99999] == 'a' allow", 10, "argument's number"],
    ["with option[] == 'a' allow", 13, "option's name"],
    ["with option[1] == 'a' allow", 13, "option's name"],
    ["with option['a' == 'a' allow", 17, "] is expected"],
    ["with relay.tag == 'a' allow", 16, "[ is expected"],
    ["with relay == 'a' allow", 6, "something to compare"],
    ["with arg[0] == 007 allow", 16, "not a number"],
    ["with arg[0] == 1.2.3 allow", 16, "not a number"],
    ["with arg[0] == 5. allow", 16, "not a number"],
    ["with arg[0] == .5 allow", 16, "something to compare"],
    ["with arg[0] == 1e3 allow", 16, "not a number"],
    ["with arg[0] == +5 allow", 16, "no meaning"],
    ["with user in [a b] allow", 17, "] is expected"],
    ["with user in [a,] allow", 17, "a value is expected"],
    ["with user in [Big] allow", 15, "a value is expected"],
    ["with user in [arg[0]] allow", 18, "] is expected"],
    ["with user not 'x' allow", 11, "a comparison"],
    ["with user not == 'x' allow", 11, "a comparison"],
    ["with (user == 'x' allow", 19, ") is expected"],
    ["with user == 'x' and allow", 22, "something to compare"],
    ["with any not user == 'x' allow", 10, "something to compare"],
    [String.raw`with user == 'a\qb' allow`, 16, "escapes"],
    ["with user == 'x' && user == 'y' allow", 18, "no meaning"],
    ["with user == 'x'; allow", 17, "no meaning"],
  ])("%s", (text, column, message) => {
    const parsed = parseRule(text, "web:deploy");

    assert.ok(!parsed.ok);
    assert.ok(parsed.problem.message.includes(message), parsed.problem.message);
    assert.equal(parsed.problem.column, column, parsed.problem.message);
  });

  test("counts lines", () => {
    const parsed = parseRule('with\n  user == "x"\n  permit', "web:deploy");

    assert.ok(!parsed.ok);
    assert.deepEqual([parsed.problem.line, parsed.problem.column], [3, 3]);
  });

  test("needs the command outside of a bundle file", () => {
    const parsed = parseRule("allow");

    assert.ok(!parsed.ok);
    assert.match(parsed.problem.message, /bundle:command is expected/);
  });

  test("refuses what is nested too deeply, or too long", () => {
    const deep = parseRule(`with ${"(".repeat(5000)}user == "x"`, "web:deploy");
    const negated = parseRule(`with ${"not ".repeat(2000)}user == "x" allow`, "web:deploy");
    const long = parseRule(`forbid because "${"x".repeat(10_000)}"`, "web:deploy");

    assert.ok(!deep.ok && deep.problem.message.includes("nested too deeply"));
    assert.ok(!negated.ok && negated.problem.message.includes("nested too deeply"));
    assert.ok(!long.ok && long.problem.message.includes("at most 10000"));
  });
});
