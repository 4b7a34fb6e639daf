import assert from "node:assert/strict";
import { test } from "vitest";
import type { Bundle } from "../../../bot/bundles/bundle.ts";
import { loadBundle } from "../../../bot/bundles/load.ts";
import { commandMeantBy, readRules } from "../../../bot/invocation/rules-at-hand.ts";

const bundles = webBundle();
const none: ReadonlyMap<string, Bundle> = new Map();

function webBundle(): ReadonlyMap<string, Bundle> {
  const text = `
aldis_bundle_version: 1
name: web
version: 1.0.0
image: web:1
permissions: [deploy]
commands:
  deploy:
    executable: [deploy]
    options: { force: { type: bool } }
    arguments: [{ name: where, choices: [eu, us] }]
  loose: { executable: [loose] }
`;
  const loaded = loadBundle(text, "web.yaml");
  assert.ok(loaded.ok, JSON.stringify(loaded));
  return new Map([[loaded.bundle.name, loaded.bundle]]);
}

function errorsOf(text: string, known = bundles): string[] {
  const read = readRules([text], "web:deploy", known);
  return read.ok
    ? []
    : read.errors.map(({ line, column, message }) => `${line}:${column} ${message}`);
}

test("a rule without a command is of the one typed; one that names another keeps it", () => {
  const texts = [
    "allow",
    "web:deploy forbid",
    "web:loose with option[any] == 1 allow",
    "when command is db:drop with arg[0] == 1 forbid",
    "must have web:deploy",
  ];

  const read = readRules(texts, "web:deploy", bundles);

  assert.ok(read.ok, JSON.stringify(read));
  assert.deepEqual(
    read.rules.map(({ command }) => command),
    ["web:deploy", "web:deploy", "web:loose", "db:drop", "web:deploy"],
  );
});

const wrong: readonly (readonly [rule: string, RegExp])[] = [
  ["web:status with arg[0] = 1 allow", /^1:24 = has no meaning here/],
  ["with\narg[0] == alow allow", /^2:11 something to compare is expected/],
  ["with option[forse] == true allow", /^1:6 the command has no option forse; did you mean force/],
  ['with arg[0] == "asia" allow', /^1:16 it is never asia/],
  ["must have web:deplyo", /^1:11 nobody declares .* did you mean web:deploy\?/],
  ["allow everything", /^1:7 the rule should end here/],
  ["", /^1:1 allow, forbid or must have/],
];

test("what is wrong is told with line and column", () => {
  for (const [rule, expected] of wrong) assert.match(errorsOf(rule).join(), expected, rule);
});

test("a command that nobody declares may have any option", () => {
  const rule = "with option[forse] == true allow";

  assert.notDeepEqual(errorsOf(rule, bundles), []);
  assert.deepEqual(errorsOf(rule, none), []);
});

test("a permission that a bundle not given may declare is a warning", () => {
  const texts = ["must have web:deploy and db:drop and site:rack and site:relays-read"];

  const read = readRules(texts, "web:deploy", bundles);

  assert.ok(read.ok);
  assert.deepEqual(
    read.warnings.map(({ column, message }) => [column, message]),
    [
      [26, "no bundle given declares the permission db:drop"],
      [38, "no bundle given declares the permission site:rack"],
    ],
  );
});

test("every rule that is wrong is told", () => {
  const read = readRules(["alow", "allow", "forbit"], "web:deploy", none);

  assert.ok(!read.ok);
  assert.deepEqual(
    read.errors.map(({ rule }) => rule),
    ["alow", "forbit"],
  );
});

test("a short name means the one command of that name that the rules are about", () => {
  assert.equal(commandMeantBy(["allow", "web:deploy forbid"], "deploy"), "web:deploy");
  assert.equal(commandMeantBy(["web:deploy allow", "app:deploy allow"], "deploy"), undefined);
  assert.equal(commandMeantBy(["web:status allow", "web:re-deploy allow"], "deploy"), undefined);
});
