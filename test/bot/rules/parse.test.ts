import assert from "node:assert/strict";
import { describe, test } from "vitest";
import { parseRule } from "../../../bot/rules/parse.ts";
import { printRule } from "../../../bot/rules/print.ts";
import { ruleOf } from "./rule-facts.ts";

/** Rules of `web:deploy`, and how they are printed after its name. */
function reads(rows: readonly (readonly [text: string, canonical: string])[]): void {
  test.each(rows)("%s", (text, expected) => {
    assert.equal(printRule(ruleOf(text)), `web:deploy ${expected}`);
  });
}

/** Rules that cannot be read: the column, and what is said. */
function refuses(rows: readonly (readonly [text: string, column: number, said: string])[]): void {
  test.each(rows)("%s is refused", (text, column, said) => {
    const parsed = parseRule(text, "web:deploy");

    assert.ok(!parsed.ok);
    assert.ok(parsed.problem.message.includes(said), parsed.problem.message);
    assert.equal(parsed.problem.column, column, parsed.problem.message);
  });
}

describe("R01 a rule has a command, a condition and an effect", () => {
  reads([
    ["allow", "allow"],
    ["web:deploy allow", "allow"],
    ["with user == 'a' allow", 'with user == "a" allow'],
    ["web:deploy with user == 'a' forbid", 'with user == "a" forbid'],
  ]);
  refuses([
    ["", 1, "allow, forbid or must have"],
    ["permit", 1, "allow, forbid or must have"],
    ["allow me", 7, "should end here"],
    ["with allow", 6, "something to compare"],
    ["with user allow", 11, "a comparison"],
    ["with user == allow", 14, "something to compare"],
    ["with user not 'x' allow", 11, "a comparison"],
    ["with user not == 'x' allow", 11, "a comparison"],
    ["with user = 'x' allow", 11, "no meaning"],
    ["with user === 'x' allow", 13, "no meaning"],
    ["with user == 'x'; allow", 17, "no meaning"],
  ]);
});

describe("R02 in a bundle file the command is left out, or the rule's own", () => {
  reads([["web:deploy forbid", "forbid"]]);
  refuses([
    ["web:other allow", 1, "cannot be about web:other"],
    ["Web:deploy allow", 4, "no meaning"],
  ]);

  test("elsewhere it is needed", () => {
    const parsed = parseRule("allow");

    assert.ok(!parsed.ok);
    assert.match(parsed.problem.message, /bundle:command is expected/);
  });
});

describe("R03 Gort's spelling is read too", () => {
  reads([
    ["when command is web:deploy allow", "allow"],
    ["when command is web:deploy with user == 'a' allow", 'with user == "a" allow'],
    ["with options[force] == true allow", 'with option["force"] == true allow'],
    ["with args[12] == 'prod' allow", 'with arg[12] == "prod" allow'],
    ["with any options == 'x' allow", 'with any option == "x" allow'],
  ]);
  refuses([
    ["when command is allow", 17, "bundle:command"],
    ["when user == 'x' allow", 1, "allow, forbid or must have"],
    ["when command is web:other allow", 17, "cannot be about web:other"],
  ]);
});

describe("R04 the effect is allow, forbid or must have", () => {
  reads([
    ["forbid", "forbid"],
    ['forbid because "frozen"', 'forbid because "frozen"'],
    [String.raw`forbid because 'it\'s'`, 'forbid because "it\'s"'],
    ["must have web:deploy", "must have web:deploy"],
    ["with weekday in [saturday, sunday] forbid", 'with weekday in ["saturday", "sunday"] forbid'],
    ["with arg[0] == /(?i)x/ must have web:a", "with arg[0] == /(?i)x/ must have web:a"],
  ]);
  refuses([
    ["forbid because frozen", 16, "reason in quotes"],
    ["must web:a", 1, "allow, forbid or must have"],
    ["must have", 10, "permission like"],
    ["must have deploy", 11, "permission like"],
    ["must have web:a and", 20, "permission like"],
  ]);
});

describe("R05 not binds tighter than and, and tighter than or", () => {
  reads([
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
    ["with hour >= 9 and hour < 17 allow", "with hour >= 9 and hour < 17 allow"],
    ["must have web:a and web:b", "must have web:a and web:b"],
    ["must have web:a or web:b and web:c", "must have web:a or (web:b and web:c)"],
    ["must have (web:a or web:b) and web:c", "must have (web:a or web:b) and web:c"],
    ["must have ((web:a))", "must have web:a"],
  ]);
  refuses([
    ["with (user == 'x' allow", 19, ") is expected"],
    ["with user == 'x' and allow", 22, "something to compare"],
    ["with user == 'x' && user == 'y' allow", 18, "no meaning"],
    ["must have (web:a", 17, ") is expected"],
    ["must have not web:a", 11, "permission like"],
  ]);
});

describe("R06 the name of an option may have capitals", () => {
  reads([
    ["with option[dryRun] != false allow", 'with option["dryRun"] != false allow'],
    ["with option[dry-run] == true allow", 'with option["dry-run"] == true allow'],
    ["with option[all] == true allow", 'with option["all"] == true allow'],
    ["with option['a b'] == 'x' allow", 'with option["a b"] == "x" allow'],
    ["must have a-b_1:c-2_d", "must have a-b_1:c-2_d"],
  ]);
  refuses([
    ["with option[] == 'a' allow", 13, "option's name"],
    ["with option[1] == 'a' allow", 13, "option's name"],
    ["with option['a' == 'a' allow", 17, "] is expected"],
    ["must have web:Deploy", 14, "no meaning"],
    ["must have 1web:a", 11, "not a number"],
  ]);
});

describe("R07 a string stands in quotes, with escapes", () => {
  reads([
    [
      String.raw`with user == 'a\'b\"c\\d\ne\tf' allow`,
      String.raw`with user == "a'b\"c\\d\ne\tf" allow`,
    ],
    [String.raw`with user == "a\r" allow`, String.raw`with user == "a\r" allow`],
    [`with user == 'a"b' allow`, String.raw`with user == "a\"b" allow`],
  ]);
  refuses([
    ["with arg == 'x allow", 13, "never closed"],
    [`with user == 'x" allow`, 14, "never closed"],
    [String.raw`with user == 'a\qb' allow`, 16, "escapes"],
    ["with user == prod allow", 14, "in quotes"],
  ]);
});

describe("R08 a number has no plus, no leading zeros and no exponent", () => {
  reads([
    ["with arg[0]<5 allow", "with arg[0] < 5 allow"],
    ["with arg[0]<=-5.25 allow", "with arg[0] <= -5.25 allow"],
    ["with arg[0]>0 allow", "with arg[0] > 0 allow"],
    ["with arg[0] == 1.10 allow", "with arg[0] == 1.10 allow"],
  ]);
  refuses([
    ["with arg[0] == 007 allow", 16, "not a number"],
    ["with arg[0] == 1.2.3 allow", 16, "not a number"],
    ["with arg[0] == 5. allow", 16, "not a number"],
    ["with arg[0] == .5 allow", 16, "something to compare"],
    ["with arg[0] == 1e3 allow", 16, "not a number"],
    ["with arg[0] == +5 allow", 16, "no meaning"],
  ]);
});

describe("R09 a pattern stands between slashes, in RE2's syntax", () => {
  reads([
    ["with arg[0] == /^prod.*/ allow", "with arg[0] == /^prod.*/ allow"],
    [String.raw`with arg[0] == /a\/b\d\\/ allow`, String.raw`with arg[0] == /a\/b\d\\/ allow`],
    ["with arg[0] == // allow", "with arg[0] == // allow"],
    [`with arg[0] == /${"a".repeat(1000)}/ allow`, `with arg[0] == /${"a".repeat(1000)}/ allow`],
  ]);
  refuses([
    ["with arg[0] == /x allow", 16, "never closed"],
    ["with arg[0] == /(/ allow", 16, "RE2"],
    ["with arg[0] == /(?=x)/ allow", 16, "RE2"],
    [String.raw`with arg[0] == /(a)\1/ allow`, 16, "RE2"],
    ["with arg[0] == /a{1001}/ allow", 16, "RE2"],
    [`with arg[0] == /${"a{999}".repeat(10)}/ allow`, 16, "repeats too much"],
    [`with arg[0] == /${"a".repeat(1001)}/ allow`, 16, "at most 1000"],
  ]);
});

describe("R10 in a list a bare name is a string", () => {
  reads([
    [
      "with all args in [x, 'y z', 3, true, /^a/] allow",
      'with all arg in ["x", "y z", 3, true, /^a/] allow',
    ],
    ["with user in ['a', b] allow", 'with user in ["a", "b"] allow'],
    ["with user not in [a] allow", 'with user not in ["a"] allow'],
    ["with user in [user] allow", 'with user in ["user"] allow'],
    ["with arg[0] in [] allow", "with arg[0] in [] allow"],
  ]);
  refuses([
    ["with user in [a b] allow", 17, "] is expected"],
    ["with user in [a,] allow", 17, "a value is expected"],
    ["with user in [Big] allow", 15, "a value is expected"],
    ["with user in [arg[0]] allow", 18, "] is expected"],
    ["with user in [[a]] allow", 15, "a value is expected"],
  ]);
});

describe("R11 a list of permissions is asked for with any in or all in", () => {
  reads([
    ["must have any in [web:a, site:b]", "must have any in [web:a, site:b]"],
    ["must have all in [web:a]", "must have all in [web:a]"],
    [
      "must have all in [web:a, site:b] or any in [site:c]",
      "must have all in [web:a, site:b] or any in [site:c]",
    ],
  ]);
  refuses([
    ["must have any in []", 20, "cannot be empty"],
    ["must have any in [web:a", 24, "] is expected"],
    ["must have any in web:a", 18, "[ is expected"],
    ["must have [web:a]", 11, "permission like"],
  ]);
});

describe("R12 white space may stand between any two parts", () => {
  reads([
    ["  allow  ", "allow"],
    ["with\n  user == 'a'\n  allow", 'with user == "a" allow'],
    ["with\u00a0user == 'a'\u3000allow", 'with user == "a" allow'],
    ["with arg [ 0 ]=='a'allow", 'with arg[0] == "a" allow'],
  ]);
  refuses([
    ["Allow", 1, "allow, forbid or must have"],
    ["WITH user == 'a' allow", 1, "allow, forbid or must have"],
  ]);
});

describe("every term is read", () => {
  describe("R20 arg[0]", () => {
    reads([
      ["with arg[0] == 'prod' allow", 'with arg[0] == "prod" allow'],
      ["with arg[0] == arg[1] allow", "with arg[0] == arg[1] allow"],
      ["with arg[9999] == 'a' allow", 'with arg[9999] == "a" allow'],
    ]);
    refuses([
      ["with arg[x] == 'a' allow", 10, "argument's number"],
      ["with arg[-1] == 'a' allow", 10, "argument's number"],
      ["with arg[1.5] == 'a' allow", 10, "argument's number"],
      ["with arg[99999] == 'a' allow", 10, "argument's number"],
    ]);
  });
  describe("R21 arg", () => reads([["with any arg == 'x' allow", 'with any arg == "x" allow']]));
  describe("R22 option[name]", () => {
    reads([
      ['with option["force"] == true allow', 'with option["force"] == true allow'],
      ["with option[force] == true allow", 'with option["force"] == true allow'],
    ]);
  });
  describe("R23 option", () =>
    reads([["with any option < 10 allow", "with any option < 10 allow"]]));
  describe("R24 user", () => reads([["with 'a' == user allow", 'with "a" == user allow']]));
  describe("R25 group", () => {
    reads([
      ["with group == 'ops' allow", 'with group == "ops" allow'],
      ["with 'ops' in group allow", 'with "ops" in group allow'],
    ]);
  });
  describe("R26 role", () =>
    reads([["with all role in [a] allow", 'with all role in ["a"] allow']]));
  describe("R27 channel", () => {
    reads([["with channel == 'C1' allow", 'with channel == "C1" allow']]);
  });
  describe("R28 adapter", () => {
    reads([["with adapter == 'slack' allow", 'with adapter == "slack" allow']]);
  });
  describe("R29 hour", () => reads([["with hour >= 9 allow", "with hour >= 9 allow"]]));
  describe("R30 weekday", () => {
    reads([["with weekday != 'friday' allow", 'with weekday != "friday" allow']]);
  });
  describe("R31 relay.tag[name]", () => {
    reads([
      ["with relay.tag['region'] == 'eu' allow", 'with relay.tag["region"] == "eu" allow'],
      ["with relay.tag[region] == 'eu' allow", 'with relay.tag["region"] == "eu" allow'],
    ]);
    refuses([
      ["with relay.tag == 'a' allow", 16, "[ is expected"],
      ["with relay == 'a' allow", 6, "something to compare"],
    ]);
  });
});

describe("R46 any and all stand before a term", () => {
  reads([
    ["with any group in [a] allow", 'with any group in ["a"] allow'],
    ["with all arg != 'x' allow", 'with all arg != "x" allow'],
  ]);
  refuses([["with any not user == 'x' allow", 10, "something to compare"]]);
});

describe("R13 what cannot be read is said with line and column", () => {
  test("counts lines", () => {
    const parsed = parseRule('with\n  user == "x"\n  permit', "web:deploy");

    assert.ok(!parsed.ok);
    assert.deepEqual(parsed.problem, {
      message: "allow, forbid or must have is expected here, but it says permit",
      line: 3,
      column: 3,
    });
  });
});

describe("R14 a rule is not endless", () => {
  test("neither deep nor long", () => {
    const deep = parseRule(`with ${"(".repeat(5000)}user == "x"`, "web:deploy");
    const negated = parseRule(`with ${"not ".repeat(2000)}user == "x" allow`, "web:deploy");
    const long = parseRule(`forbid because "${"x".repeat(10_000)}"`, "web:deploy");

    assert.ok(!deep.ok && deep.problem.message.includes("nested too deeply"));
    assert.ok(!negated.ok && negated.problem.message.includes("nested too deeply"));
    assert.ok(!long.ok && long.problem.message.includes("at most 10000"));
  });

  test("a hundred deep and ten thousand long is read", () => {
    const deep = `with ${"(".repeat(100)}user == "x"${")".repeat(100)} allow`;
    const long = `web:deploy forbid because "${"x".repeat(10_000 - 28)}"`;

    assert.ok(parseRule(deep, "web:deploy").ok);
    assert.ok(parseRule(long, "web:deploy").ok);
  });

  test.each([
    ["a list", `with user in [${"a,".repeat(4000)}a] allow`, "in its canonical form"],
    [
      "a nesting",
      `with ${"(".repeat(99)}(user == "a" and user == "b" or user == "c")${")".repeat(99)} and user == "d" or user == "e" allow`,
      "",
    ],
    [
      "a deep nesting",
      `with ${'user == "a" and ('.repeat(100)}user == "b" and user == "c" or user == "d"${")".repeat(100)} allow`,
      "nested too deeply in",
    ],
  ])("R88 %s that could not be read again as it is printed is refused", (_what, text, message) => {
    const parsed = parseRule(text, "web:deploy");

    if (!parsed.ok) assert.ok(parsed.problem.message.includes(message));
    else assert.ok(parseRule(printRule(parsed.rule), "web:deploy").ok);
    assert.equal(parsed.ok, message === "");
  });

  test("R13 a message that quotes a line break stays one line", () => {
    const parsed = parseRule('with option["a\\nb" == 1 allow', "web:deploy");

    assert.ok(!parsed.ok && !parsed.problem.message.includes("\n"));
  });
});
