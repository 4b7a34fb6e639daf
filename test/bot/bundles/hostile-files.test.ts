import assert from "node:assert/strict";
import { test } from "vitest";
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
  const errors = errorsOf(
    `${HEAD}${COMMAND}    rules:\n${lines(5_000, () => "      - alow")}\n  other:\n    executable: [a]\n    rules: [alow]\n`,
  );

  assert.equal(errors.length, 1000);
});

test("of the values of a default the first wrong one is told", () => {
  const many = (letter: string) => lines(2_000, (n) => `          - ${letter}${n}`);
  const errors = errorsOf(
    `${HEAD}${COMMAND}    options:\n      o:\n        type: list\n        choices:\n${many("a")}\n        default:\n          - a1\n${many("b")}\n`,
  );

  assert.equal(errors.length, 1);
  assert.match(errors[0] ?? "", /commands\.deploy\.options\.o\.default: is one of a0, a1,/);
});
