import assert from "node:assert/strict";
import { describe, test } from "vitest";
import { checkRule } from "../../../bot/rules/check.ts";
import { parseRule } from "../../../bot/rules/parse.ts";
import { ruleOf } from "./rule-facts.ts";

const declared = {
  options: {
    version: { type: "string", short: "v" },
    env: { type: "enum", choices: ["staging", "prod"] },
    force: { type: "bool" },
    count: { type: "int" },
    ratio: { type: "float" },
    tags: { type: "list" },
    ttl: { type: "duration" },
    owner: { type: "user" },
  },
  arguments: [{ choices: ["staging", "prod"] }, {}],
  permissions: new Set(["web:deploy", "site:admin"]),
};
const undeclared = { permissions: declared.permissions };

function complaints(text: string, context: Parameters<typeof checkRule>[1]): string[] {
  return checkRule(ruleOf(text), context).map(({ column, message }) => `${column}: ${message}`);
}

function specify(rows: readonly (readonly [condition: string, complaint?: string])[]): void {
  test.each(rows)("%s: %s", (condition, complaint) => {
    const expected = complaint === undefined ? [] : [complaint];
    assert.deepEqual(complaints(`with ${condition} allow`, declared), expected);
  });
}

describe("R80 an option that the command does not declare is an error", () => {
  specify([
    ["option[version] == 'x'"],
    ["option[verion] == 'x'", "6: the command has no option verion; did you mean version?"],
    ["option[v] == 'x'", "6: the command has no option v; did you mean version?"],
    ["'x' == option[nothing]", "13: the command has no option nothing"],
    ["option[constructor] == 'x'", "6: the command has no option constructor"],
  ]);
});

describe("R81 a comparison of types that cannot be compared is an error", () => {
  specify([
    ["arg[1] == 5"],
    ["arg[1] < 5"],
    ["arg[1] == true"],
    ["arg[1] in [a, 5, true, /x/]"],
    ["option[env] == /x/"],
    ["option[env] == arg[0]"],
    ["option[force] == true"],
    ["option[force] == 'true'"],
    ["option[count] > 5"],
    ["option[count] == 5"],
    ["option[count] == '5'"],
    ["option[count] in [4, 5]"],
    ["option[ratio] <= 0.5"],
    ["option[version] < 5"],
    ["option[ttl] == '5m'"],
    ["option[owner] == user"],
    ["user == /^a/"],
    ["user == channel"],
    ["hour == option[count]"],
    ["option[env] == 5", "21: word cannot be compared with number"],
    ["option[force] == 1", "23: bool cannot be compared with number"],
    ["option[count] == true", "23: int cannot be compared with boolean"],
    ["option[force] < 5", "6: < compares numbers"],
    ["option[env] < 5", "6: < compares numbers"],
    ["arg[1] < 'x'", "15: < compares numbers"],
    ["arg[1] < /x/", "15: < compares numbers"],
    ["user > 5", "6: > compares numbers"],
    ["user == 5", "14: string cannot be compared with number"],
    ["user == true", "14: string cannot be compared with boolean"],
    ["user in [alice, 5]", "22: string cannot be compared with number"],
    ["hour == 'x'", "14: number cannot be compared with string"],
    ["hour == /9/", "14: number cannot be compared with pattern"],
    ["weekday == 1", "17: string cannot be compared with number"],
    ["5 == true", "11: number cannot be compared with boolean"],
  ]);
});

describe("R82 a comparison with a value that can never be is an error", () => {
  specify([
    ["arg[0] == 'prod'"],
    ["arg[0] in [prod, staging]"],
    ["arg[0] == /^p/"],
    ["'prod' == option[env]"],
    ["option[env] == 'prod'"],
    ["hour < 9 or hour > 17"],
    ["hour in [0, 23]"],
    ["weekday == 'monday'"],
    ["weekday in [saturday, sunday]"],
    ["channel in [general, 'C1']"],
    ["relay.tag[region] == 'eu'"],
    ["arg[0] == 'prd'", "16: it is never prd; did you mean prod?"],
    ["arg[0] in [prod, stagin]", "23: it is never stagin; did you mean staging?"],
    ["option[env] == 'test'", "21: it is never test"],
    ["'test' == option[env]", "6: it is never test"],
    ["option[force] == 'yes'", "23: it is never yes"],
    ["option[count] == 'many'", "23: it is never many"],
    ["hour == 24", "14: it is never 24"],
    ["hour == 9.5", "14: it is never 9.5"],
    ["weekday == 'mon'", "17: it is never mon"],
    ["weekday == 'Monday'", "17: it is never Monday; did you mean monday?"],
  ]);
});

describe("R83 any, all and in need a list, the others one value", () => {
  specify([
    ["any arg == 'x'"],
    ["all arg in [a]"],
    ["arg == 'x'"],
    ["'x' in arg"],
    ["option[tags] == 'x'"],
    ["any option[tags] == 'x'"],
    ["'x' in option[tags]"],
    ["user in [alice]"],
    ["group == 'ops'"],
    ["any group in [ops]"],
    ["'ops' in group"],
    ["any user == 'x'", "10: any needs a list"],
    ["all option[env] == 'prod'", "10: all needs a list"],
    ["any arg[1] == 'x'", "10: any needs a list"],
    ["user in 'alice'", "14: in needs a list, like [one, two]"],
    ["user not in arg[1]", "18: not in needs a list, like [one, two]"],
    ["user == [alice]", "14: == compares with one value; in asks for one of a list"],
    ["user == group", "14: == compares with one value; in asks for one of a list"],
    ["user != option[tags]", "14: != compares with one value; in asks for one of a list"],
    ["[alice] == user", "6: a list stands on the right of in"],
    ["/x/ == user", "6: a pattern stands on the right"],
  ]);
});

describe("R80 where no options are declared any name may be used", () => {
  test.each(["option[x] == 'y'", "any option[x] == 'y'", "'y' in option[x]", "option[x] < 5"])(
    "%s may be right",
    (condition) => assert.deepEqual(complaints(`with ${condition} allow`, undeclared), []),
  );
});

describe("R84 P01: a permission that nobody declares is an error", () => {
  test.each([
    ["web:deploy", []],
    ["site:admin and web:deploy", []],
    ["web:depoly", ["11: nobody declares the permission web:depoly; did you mean web:deploy?"]],
    ["any in [web:deploy, web:x]", ["31: nobody declares the permission web:x"]],
    ["web:deploy or (web:deploy and db:drop)", ["41: nobody declares the permission db:drop"]],
  ])("%s", (requirement, expected) => {
    const found = complaints(`must have ${requirement}`, declared);
    assert.deepEqual(found, expected);
  });

  test("R85 those of others are left alone while they are not known", () => {
    const found = complaints("must have db:drop and web:x", { ...undeclared, onlyOf: "web" });

    assert.equal(found.length, 1);
  });
});

test("R86 every complaint is made, in the order of the rule", () => {
  const found = complaints("with user == 5 or hour == 'x' must have web:nothing", declared);

  assert.deepEqual(
    found.map((text) => text.split(":")[0]),
    ["14", "27", "41"],
  );
});

describe("R82 a whole number is never one with a fraction", () => {
  test.each([
    ['option["n"] == 1.5', false],
    ['option["n"] in [1, 2.5]', false],
    ['option["n"] == "1.0"', false],
    ['option["n"] == 1.0', true],
    ['option["n"] > 1.5', true],
  ])("%s: %s", (condition, isPossible) => {
    const parsed = parseRule(`with ${condition} allow`, "web:deploy");
    assert.ok(parsed.ok);

    const found = checkRule(parsed.rule, {
      options: { n: { type: "int" } },
      permissions: new Set(),
    });

    assert.equal(found.length === 0, isPossible, found[0]?.message);
  });
});
