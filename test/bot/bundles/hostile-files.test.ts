import assert from "node:assert/strict";
import { describe, test } from "vitest";
import { warningsOf } from "../../../bot/bundles/lint.ts";
import { loadBundle } from "../../../bot/bundles/load.ts";
import { printBundleError } from "../../../bot/bundles/problem.ts";

const HEAD = "aldis_bundle_version: 1\nname: web\nversion: 1.0.0\nimage: web:1\n";
const COMMAND = "commands:\n  deploy:\n    executable: [deploy]\n";

function errorsOf(text: string): string[] {
  const loaded = loadBundle(text, "web.yaml");
  return loaded.ok ? [] : loaded.errors.map(printBundleError);
}

function lines(count: number, line: (index: number) => string): string {
  return Array.from({ length: count }, (_, index) => line(index)).join("\n");
}

const cases: readonly (readonly [what: string, text: string, error: string])[] = [
  [
    "a repeated key",
    `${HEAD}${COMMAND}    rules: []\n    rules: [allow]\n`,
    "web.yaml:9:5: Map keys must be unique",
  ],
  [
    "a number and a text that are one key",
    `${HEAD}${COMMAND}    complete: { 1: [a], "1": [b] }\n`,
    "web.yaml:8:25: Map keys must be unique",
  ],
  [
    "an option that objects have anyway",
    `${HEAD}${COMMAND}    options: { __proto__: { type: bool } }\n`,
    "web.yaml:8:16: __proto__ is not a known key",
  ],
  [
    "a command that objects have anyway",
    `${HEAD}${COMMAND}  __proto__: { executable: [deploy] }\n`,
    "web.yaml:8:3: __proto__ is not a known key",
  ],
  [
    "more aliases than anybody writes",
    `${HEAD}${COMMAND}    examples:\n${lines(1001, (n) => `      - &a${n} x\n      - *a${n}`)}\n`,
    "web.yaml:1:1: cannot be read: it has more than 1000 aliases",
  ],
  [
    "much made of little",
    `${HEAD}commands:\n  c: &c\n    executable: [${"a,".repeat(12_000)}]\n${lines(99, (n) => `  c${n}: *c`)}\n`,
    "web.yaml:1:1: cannot be read: with its aliases written out it is too large",
  ],
  [
    "an alias of itself",
    `${HEAD}${COMMAND}    examples: &a [*a]\n`,
    "web.yaml:1:1: is nested too deeply",
  ],
];

for (const [what, text, error] of cases) {
  test(`refuses ${what}`, () => {
    assert.deepEqual(errorsOf(text), [error]);
  });
}

test("deep nesting is told as such", () => {
  const errors = errorsOf(`${HEAD}${COMMAND}    input: ${"[".repeat(20_000)}\n`);

  assert.match(errors[0] ?? "", /is nested too deeply$/);
});

test("a mistake behind an alias is shown where it was written", () => {
  const errors = errorsOf(
    `${HEAD}commands:\n  one: &c\n    executable: [a]\n    rules:\n      - alow\n  two: *c\n`,
  );

  assert.equal(errors.length, 2);
  for (const error of errors) assert.match(error, /^web\.yaml:9:9: commands\.(one|two)\.rules\[0]/);
});

test("more than a thousand mistakes in commands are not looked for", () => {
  const rules = lines(200, () => "      - alow");
  const commands = lines(7, (n) => `  c${n}:\n    executable: [a]\n    rules:\n${rules}`);

  assert.equal(errorsOf(`${HEAD}commands:\n${commands}\n`).length, 1000);
});

test("of the values of a default the first wrong one is told", () => {
  const many = (letter: string) => lines(500, (n) => `          - ${letter}${n}`);
  const errors = errorsOf(
    `${HEAD}${COMMAND}    options:\n      o:\n        type: list\n        choices:\n${many("a")}\n        default:\n          - a1\n${many("b")}\n`,
  );

  assert.equal(errors.length, 1);
  assert.match(errors[0] ?? "", /commands\.deploy\.options\.o\.default: is one of a0, a1,/);
});

describe("B07 no more than can be looked at", () => {
  const heavy = (count: number) =>
    lines(count, (n) => `      - with arg[0] == /x{800}y${n}/ and arg[1] == /x{900}/ allow`);

  test.each([
    [
      "rules of a command",
      `${HEAD}${COMMAND}    rules:\n${lines(201, () => "      - allow")}\n`,
      "commands.deploy.rules: a command has at most 200 rules",
    ],
    [
      "rules of a bundle",
      `${HEAD}commands:\n${lines(11, (n) => `  c${n}:\n    executable: [a]\n    rules:\n${lines(200, () => "      - allow")}`)}\n`,
      "commands: have more than 2000 rules together",
    ],
    [
      "choices",
      `${HEAD}${COMMAND}    options: { o: { choices: [${lines(501, (n) => `a${n},`).replaceAll("\n", " ")}] } }\n`,
      "choices: there are at most 500 choices",
    ],
    [
      "patterns",
      `${HEAD}${COMMAND}    rules:\n${heavy(150)}\n`,
      "commands: have patterns that are too large together",
    ],
  ])("%s", (_what, text, message) => {
    const errors = errorsOf(text);

    assert.equal(errors.length, 1, errors.slice(0, 3).join("\n"));
    assert.ok(errors[0]?.includes(message), errors[0]);
  });

  test("as many rules as there may be are linted", () => {
    const rules = lines(200, (n) => `      - with arg[0] == "a${n}" allow`);
    const commands = lines(10, (n) => `  c${n}:\n    executable: [a]\n    rules:\n${rules}`);
    const loaded = loadBundle(`${HEAD}commands:\n${commands}\n`, "web.yaml");
    assert.ok(loaded.ok);

    assert.equal(warningsOf(loaded).filter(({ key }) => key.includes("rules")).length, 0);
  });
});

describe("B01 only plain mappings, lists and values", () => {
  const strange: readonly (readonly [string, string])[] = [
    ["    relay: { selector: { tags: !!omap [ { a: b } ] } }\n", "8:39: the tag !!omap"],
    ["    relay: { selector: { not: !!set { a } } }\n", "8:37: the tag !!set"],
    ["    description: !!binary aGk=\n", "8:27: the tag !!binary"],
    ["    description: !!timestamp 2001-12-14\n", "8:30: the tag !!timestamp"],
    ["    description: !mine x\n", "8:24: the tag !mine"],
    ["    long_description: &k rules\n    *k : [allow]\n", "9:5: a key should be"],
    ["    ? [a]\n    : b\n", "8:7: a key should be"],
  ];
  test.each(strange)("%j", (yaml, message) => {
    const errors = errorsOf(`${HEAD}${COMMAND}${yaml}`);

    assert.ok(errors[0]?.startsWith(`web.yaml:${message}`), errors[0]);
  });

  test("of YAML 1.2", () => {
    const errors = errorsOf(`%YAML 1.1\n---\n${HEAD}${COMMAND}`);

    assert.match(errors[0] ?? "", /1:1: should be YAML 1\.2/);
  });

  test("whose tags say what they are anyway", () => {
    assert.deepEqual(
      errorsOf(`${HEAD}${COMMAND}    description: !!str x\n    mounts: !!seq []\n`),
      [],
    );
  });
});

test("B30 an executable is a program and words without NUL", () => {
  const empty = errorsOf(`${HEAD}commands:\n  a: { executable: [""] }\n`);
  const broken = errorsOf(`${HEAD}commands:\n  a: { executable: [b, "c\\0"] }\n`);

  assert.match(
    empty.join(),
    /6:8: commands\.a\.executable: the program's path should not be empty/,
  );
  assert.match(broken.join(), /commands\.a\.executable\[1]: a word cannot hold the character NUL/);
});

test("B61 a secret option has no default", () => {
  const errors = errorsOf(`${HEAD}${COMMAND}    options: { t: { secret: true, default: x } }\n`);

  assert.deepEqual(errors, [
    "web.yaml:8:35: commands.deploy.options.t.default: a secret option cannot have a default: it would stand here in clear",
  ]);
});

test("B04 an error stays one line whatever it quotes", () => {
  const errors = errorsOf(`${HEAD}${COMMAND}    options: { "a\\nb": {} }\n`);

  assert.equal(errors.length, 1);
  assert.ok(!errors[0]?.includes("\n") && errors[0]?.includes("a\\nb"));
});

describe("B58 the default of a list is split as what is typed is", () => {
  const withDefault = (text: string) =>
    `${HEAD}${COMMAND}    options: { on: { type: list, choices: [staging, prod], default: ${text} } }\n`;

  test("into items", () => {
    const loaded = loadBundle(withDefault('"staging,prod"'), "web.yaml");

    assert.ok(loaded.ok);
    assert.deepEqual(loaded.bundle.commands.deploy?.options.on?.default, ["staging", "prod"]);
  });

  test("and each is checked", () => {
    assert.match(
      errorsOf(withDefault('"staging,moon"')).join(),
      /default: is one of staging, prod/,
    );
  });
});
