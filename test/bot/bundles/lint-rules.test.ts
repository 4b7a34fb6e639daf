import assert from "node:assert/strict";
import { describe, test } from "vitest";
import { warningsOf } from "../../../bot/bundles/lint.ts";
import { lintAnchors } from "../../../bot/bundles/lint-anchors.ts";
import { loadBundle } from "../../../bot/bundles/load.ts";
import { parseRule } from "../../../bot/rules/parse.ts";

/** What is said about these rules, each with its index and column. */
function remarksOn(...rules: readonly string[]): string[] {
  const file = {
    aldis_bundle_version: 1,
    name: "web",
    version: "1.4.0",
    image: "web@sha256:abc",
    permissions: ["a"],
    commands: {
      deploy: {
        description: "Deploys.",
        executable: ["deploy"],
        options: {
          count: { type: "int" },
          force: { type: "bool" },
          to: { type: "enum", choices: ["staging", "prod"] },
          names: { type: "list" },
          token: { secret: true },
          note: {},
        },
        arguments: [{ name: "size", choices: ["1", "10", "big"] }, { name: "rest" }],
        rules,
      },
      other: { description: "O.", executable: ["o"], options: {}, rules: ["must have web:a"] },
    },
  };
  const loaded = loadBundle(JSON.stringify(file), "web.yaml");
  assert.ok(loaded.ok, loaded.ok ? "" : JSON.stringify(loaded.errors));
  return warningsOf(loaded).map(({ key, message }) => {
    return `${key.replace("commands.deploy.rules", "")} ${message}`;
  });
}

describe("a rule that can never be true is told", () => {
  test.each([
    [
      'arg[1] == "a" and arg[1] == "b"',
      'arg[1] == "a" or arg[1] == "b"',
      'no arg[1] meets arg[1] == "a" and arg[1] == "b"',
    ],
    ['user in ["a", "b"] and user == "c"', 'user in ["a", "c"] and user == "c"', undefined],
    ['user == "a" and not user == "a"', 'user == "a" and not user == "b"', undefined],
    ['user == "a" and user != "a"', 'user == "a" and user != "b"', undefined],
    ['user == "a" and user not in ["a", "b"]', 'user == "c" and user not in ["a"]', undefined],
    ['not (user != "a" or user == "a")', 'not (user != "a" or user == "b")', undefined],
    ['user == "a" and user == /^b.*/', 'user == "ab" and user == /^a.*/', undefined],
    ["hour > 23", "hour > 22", "no hour meets hour > 23"],
    ["hour < 0", "hour < 1", undefined],
    ["hour >= 20 and hour < 8", "hour >= 20 or hour < 8", undefined],
    ['weekday == "monday" and weekday == /^t.*/', "weekday == /^t.*/", undefined],
    [
      "option[count] > 5 and option[count] < 3",
      "option[count] > 3 and option[count] < 5",
      undefined,
    ],
    [
      "option[count] > 5 and option[count] <= 5",
      "option[count] >= 5 and option[count] <= 5",
      undefined,
    ],
    [
      "option[count] > 5 and not option[count] > 3",
      "option[count] > 5 and not option[count] > 7",
      undefined,
    ],
    [
      "5 < option[count] and 3 > option[count]",
      "3 < option[count] and 5 > option[count]",
      undefined,
    ],
    ["arg[1] == 5 and arg[1] == 6", "arg[1] == 5 and arg[1] == 5.0", undefined],
    ['arg[1] == 5 and arg[1] == "6"', 'arg[1] == 5 and arg[1] == "5.0"', undefined],
    ["arg[1] == 5 and arg[1] > 5", "arg[1] == 5 and arg[1] >= 5", undefined],
    ["arg[1] == true and arg[1] == 5", "arg[1] == true or arg[1] == 5", undefined],
    ["arg[0] > 10", "arg[0] >= 10", "no arg[0] meets arg[0] > 10"],
    ["arg[0] == /^medium$/", "arg[0] == /^b.*$/", undefined],
    ["option[to] == /^dev$/", "option[to] == /^st.*$/", undefined],
    ["option[force] == true and option[force] == false", "option[force] == true", undefined],
    ["arg[1] in []", "arg[1] in [x]", "the list is empty"],
    ["any option[names] not in []", "any option[names] not in [x]", undefined],
    [
      'relay.tag["k"] == "a" and relay.tag["k"] == "b"',
      'relay.tag["k"] == "a" and relay.tag["l"] == "b"',
      undefined,
    ],
    ["true == false", "true == true", "true == false is not so"],
    ['user == "a" and ("x" == "y" or 2 > 3)', 'user == "a" and ("x" == "y" or 3 > 2)', undefined],
  ])("%s, but not %s", (never, sometimes, reason) => {
    const said = remarksOn("must have web:a", `with ${never} allow`);

    assert.equal(said.length, 1, said.join("\n"));
    assert.match(said[0] ?? "", /^\[1\] can never be true: /);
    if (reason) assert.equal(said[0], `[1] can never be true: ${reason}`);
    assert.deepEqual(remarksOn("must have web:a", `with ${sometimes} allow`), []);
  });

  test("or only a part of it", () => {
    const said = remarksOn('with user == "x" or hour > 23 or user == "y" allow');

    assert.deepEqual(said, ["[0] has a part that can never be true: no hour meets hour > 23"]);
  });

  test("where it stands in the file", () => {
    const text = `aldis_bundle_version: 1
name: web
version: 1.0.0
image: web@sha256:abc
commands:
  a:
    description: A.
    executable: [a]
    options: {}
    rules:
      - allow
      - >-
        with user == "x"
        and hour > 23 forbid
`;
    const loaded = loadBundle(text, "web.yaml");
    assert.ok(loaded.ok);

    const [warning] = warningsOf(loaded);

    assert.deepEqual([warning?.line, warning?.key], [12, "commands.a.rules[1]"]);
  });
});

describe("a rule that others make useless is told", () => {
  test("an allow beside one that always allows", () => {
    assert.deepEqual(remarksOn('with user == "a" allow', "allow"), [
      "[0] changes nothing: rules[1] allows always",
    ]);
    assert.deepEqual(remarksOn('with user == "a" allow', 'with user == "b" allow'), []);
    assert.deepEqual(remarksOn("allow", 'with user == "b" forbid', "must have web:a"), []);
  });

  test("a forbid that always forbids", () => {
    assert.deepEqual(remarksOn("allow", "forbid"), [
      "[1] always forbids, so nobody may run the command",
    ]);
    assert.deepEqual(remarksOn("allow", 'with user == "a" forbid'), []);
  });

  test("a rule that is there twice", () => {
    assert.deepEqual(remarksOn("must have web:a", "must  have web:a"), [
      "[1] is the same as rules[0]",
    ]);
    assert.deepEqual(remarksOn("must have web:a", 'with user == "a" must have web:a'), []);
  });
});

describe("a pattern that allows more than it seems to is told", () => {
  test.each([
    [
      "arg[1] == /prod/",
      "arg[1] == /^prod$/",
      "/prod/ matches anywhere in the text; write /^prod$/",
    ],
    [
      "arg[1] == /prod$/",
      "arg[1] == /.*prod$/",
      "/prod$/ matches after any beginning; write /^prod$/",
    ],
    [
      "arg[1] == /^[0-9]+/",
      "arg[1] == /^[0-9]+.*/",
      "/^[0-9]+/ matches before any ending; write /^[0-9]+$/, or /^[0-9]+.*/ if that is meant",
    ],
    ["arg[1] == /^a\\$/", "arg[1] == /^a\\$$/", undefined],
    ["arg[1] == /^a|b$/", "arg[1] == /^(a|b)$/", undefined],
    ["arg[1] == /a|b/", "arg[1] == /^a$|^b$/", undefined],
    ["arg[1] in [x, /y/]", "arg[1] in [x, /^y$/]", undefined],
    ["not arg[1] != /x/", "arg[1] != /x/", undefined],
    ["any arg == /x/", "not (any arg == /x/)", undefined],
    [
      "arg[1] == /a\\/b/",
      "arg[1] == /^a\\/b$/",
      "/a\\/b/ matches anywhere in the text; write /^a\\/b$/",
    ],
    ["user == /(?i)^x/", "user == /(?i)^x$/", undefined],
  ])("%s, but not %s", (loose, anchored, remark) => {
    const said = remarksOn(`with ${loose} allow`);

    assert.equal(said.length, 1, said.join("\n"));
    if (remark) assert.equal(said[0], `[0] ${remark}`);
    assert.deepEqual(remarksOn(`with ${anchored} allow`), []);
  });

  test("where it forbids, it may match more", () => {
    assert.deepEqual(remarksOn("allow", "with arg[1] == /prod/ forbid"), []);
  });
});

test("a secret in a rule is told", () => {
  assert.deepEqual(remarksOn('with option[token] == "x" allow'), [
    "[0] compares the secret option token, whose value the decision gives away",
  ]);
  assert.deepEqual(remarksOn('with option[note] == "x" allow'), []);
});

test("R87 a comparison of all arguments at once is told", () => {
  const remark = "[0] compares all arguments or options at once; say any or all";

  assert.deepEqual(remarksOn('with arg == "x" allow'), [remark]);
  assert.deepEqual(remarksOn('with not (user == "x" or option != "x") allow'), [remark]);
  assert.deepEqual(remarksOn('with all arg == "x" allow'), []);
});

describe("B87 a pattern that is anchored at every line is not anchored", () => {
  test.each([
    ["(?m)^a$", true],
    ["(?im)^a$", true],
    ["(?i)(?m)^a\\z", true],
    ["(?m)\\Aa\\z", false],
    ["(?i)^a$", false],
  ])("%s: %s", (source, isWarned) => {
    const parsed = parseRule(`with user == /${source}/ allow`, "web:deploy");
    assert.ok(parsed.ok);

    assert.equal(lintAnchors(parsed.rule).length > 0, isWarned);
  });
});
