import assert from "node:assert/strict";
import { describe, test } from "vitest";
import type { Argument, Limits, Option } from "../../../bot/bundles/bundle.ts";
import { loadBundle } from "../../../bot/bundles/load.ts";
import { printBundleError } from "../../../bot/bundles/problem.ts";
import { matches, preference, type Selector } from "../../../relay/wire/selector.ts";

/** The command that these lines make, or the errors. */
function load(yaml: string) {
  const head = "aldis_bundle_version: 1\nname: web\nversion: 1.4.0\nimage: web:1\n";
  return loadBundle(`${head}commands:\n  deploy:\n    executable: [x]\n    ${yaml}\n`, "web.yaml");
}

function commandOf(yaml: string) {
  const loaded = load(yaml);
  assert.ok(loaded.ok, loaded.ok ? "" : loaded.errors.map(printBundleError).join("\n"));
  return loaded.bundle.commands.deploy ?? assert.fail();
}

function refuses(rows: readonly (readonly [yaml: string, said: string])[]): void {
  test.each(rows)("%s: %s", (yaml, said) => {
    const loaded = load(yaml);

    assert.ok(!loaded.ok);
    assert.ok(loaded.errors.map(printBundleError).join("\n").includes(said));
  });
}

describe("keys of an option", () => {
  const optionOf = (yaml: string): Option =>
    commandOf(`options: { v: ${yaml} }`).options.v ?? assert.fail();

  test("what is left out gets its default", () => {
    assert.deepEqual(optionOf("{}"), {
      name: "v",
      type: "string",
      description: "",
      required: false,
      secret: false,
    });
  });

  test.each<[string, string, Partial<Option>]>([
    ["B55 type", "{ type: duration }", { type: "duration" }],
    ["B56 description", "{ description: What }", { description: "What" }],
    ["B57 required", "{ required: true }", { required: true }],
    ["B58 default", "{ default: 1.10 }", { default: ["1.10"] }],
    ["B58 default of a list", "{ type: list, default: [a, b] }", { default: ["a", "b"] }],
    ["B58 one default of a list", "{ type: list, default: a }", { default: ["a"] }],
    ["B59 short", "{ short: V }", { short: "V" }],
    ["B59 a digit", "{ short: 5 }", { short: "5" }],
    ["B60 choices", "{ type: enum, choices: [1.10, b] }", { choices: ["1.10", "b"] }],
    ["B60 of a string", "{ choices: [a] }", { choices: ["a"] }],
    ["B60 of a list", "{ type: list, choices: [a] }", { choices: ["a"] }],
    ["B61 secret", "{ secret: true }", { secret: true }],
  ])("%s", (_key, yaml, expected) => {
    const option = optionOf(yaml);

    assert.deepEqual({ ...option, ...expected }, option);
  });

  describe("B55 type", () => refuses([["options: { v: { type: number } }", "is one of string"]]));
  describe("B57 required", () => {
    refuses([["options: { v: { required: true, default: x } }", "has no use for a default"]]);
  });
  describe("B58 default", () => {
    refuses([
      ["options: { v: { type: int, default: x } }", "is a whole number"],
      ["options: { v: { default: [a, b] } }", "only a list has several defaults"],
      ["options: { v: { type: enum, choices: [a], default: b } }", "is one of a"],
    ]);
  });
  describe("B59 short", () => refuses([["options: { v: { short: vv } }", "one letter or digit"]]));
  describe("B60 choices", () => {
    refuses([
      ["options: { v: { type: enum } }", "an enum needs choices"],
      ["options: { v: { type: int, choices: [1] } }", "choices are for string, list and enum"],
      ["options: { v: { choices: [] } }", "options.v.choices"],
    ]);
  });
  describe("B62 two options cannot share a name", () => {
    refuses([
      ["options: { a: { short: x }, b: { short: x } }", "shares -x with the option a"],
      ["options: { a-b: {}, a_b: {} }", "shares ALDIS_OPT_A_B with the option a-b"],
      ["options: { a: {}, A: {} }", "shares ALDIS_OPT_A with the option a"],
    ]);
  });
  describe("B67 the name of an option", () => {
    refuses([
      ["options: { 5v: {} }", "an option's name is letters"],
      ["options: { 'a b': {} }", "an option's name is letters"],
    ]);
    test("may have capitals, digits, - and _", () => {
      assert.ok(load("options: { dryRun-2_x: {} }").ok);
    });
  });
});

describe("keys of an argument", () => {
  test.each<[string, string, Partial<Argument>]>([
    ["B63 name", "{ name: env }", { name: "env" }],
    ["B64 description", "{ name: a, description: What }", { description: "What" }],
    ["B64 no description", "{ name: a }", { description: "" }],
    ["B65 required", "{ name: a, required: true }", { required: true }],
    ["B65 not required", "{ name: a }", { required: false }],
    ["B66 choices", "{ name: a, choices: [1.10, b] }", { choices: ["1.10", "b"] }],
  ])("%s", (_key, yaml, expected) => {
    const [argument] = commandOf(`arguments: [${yaml}]`).arguments;

    assert.deepEqual({ ...argument, ...expected }, argument);
  });

  describe("B63 name", () => {
    refuses([
      ["arguments: [{}]", "arguments[0].name: is missing"],
      ["arguments: [{ name: A }]", "a name starts with"],
      ["arguments: [{ name: a }, { name: a }]", "there are two arguments named a"],
    ]);
  });
  describe("B65 required", () => {
    refuses([
      ["arguments: [{ name: a }, { name: b, required: true }]", "cannot be required after one"],
    ]);
  });
  describe("B66 choices", () => {
    refuses([["arguments: [{ name: a, choices: [] }]", "arguments[0].choices"]]);
  });
});

describe("limits", () => {
  const usual: Limits = {
    memoryBytes: 256 * 2 ** 20,
    cpus: 1,
    pids: 64,
    timeoutMs: 300_000,
    outputBytes: 64 * 2 ** 20,
    tmpBytes: 64 * 2 ** 20,
  };

  test.each<[string, string, Partial<Limits>]>([
    ["B70 memory", "{ memory: 1Gi }", { memoryBytes: 2 ** 30 }],
    ["B71 cpus", "{ cpus: 0.5 }", { cpus: 0.5 }],
    ["B72 pids", "{ pids: 10 }", { pids: 10 }],
    ["B73 timeout", "{ timeout: 1h30m }", { timeoutMs: 5_400_000 }],
    ["B74 output", "{ output: 1000 }", { outputBytes: 1000 }],
    ["B75 tmp", "{ tmp: 1Mi }", { tmpBytes: 2 ** 20 }],
  ])("%s", (_key, yaml, expected) => {
    assert.deepEqual(commandOf(`limits: ${yaml}`).limits, { ...usual, ...expected });
    assert.deepEqual(commandOf("").limits, usual);
  });

  describe("B68 sizes and durations", () => {
    refuses([
      ["limits: { memory: lots }", "write a size like 64Mi"],
      ["limits: { tmp: 0 }", "write a size like 64Mi"],
      ["limits: { timeout: 0s }", "write a duration like 10s"],
      ["limits: { timeout: 5 }", "write a duration like 10s"],
    ]);
  });
  describe("B71 cpus", () => refuses([["limits: { cpus: many }", "write a number of CPUs"]]));
  describe("B72 pids", () => refuses([["limits: { pids: 1.5 }", "should be a whole number"]]));
});

describe("a selector", () => {
  const selectorOf = (yaml: string): Selector => commandOf(`relay: { selector: ${yaml} }`).selector;

  test.each([
    ["B76 tags", "{ tags: { role: web } }", { role: "web" }, { role: "db" }],
    ["B76 one of several", "{ tags: { role: [web, db] } }", { role: "db" }, { role: "x" }],
    ["B76 every tag", "{ tags: { a: 1, b: 2 } }", { a: "1", b: "2" }, { a: "1" }],
    ["B77 not", '{ not: { drained: "true" } }', {}, { drained: "true" }],
    ["B77 none of several", "{ not: { zone: [a, b] } }", { zone: "c" }, { zone: "b" }],
    ["B78 exists", "{ exists: [gpu] }", { gpu: "any" }, { cpu: "any" }],
    ["B69 absent", "{ absent: [drained] }", { gpu: "any" }, { drained: "" }],
  ])("%s", (_key, yaml, taken, refused) => {
    const selector = selectorOf(yaml);

    assert.equal(matches(selector, taken), true);
    assert.equal(matches(selector, refused), false);
  });

  test("B79 preferred has no say in which, only in which first", () => {
    const selector = selectorOf("{ preferred: { zone: a, disk: ssd } }");

    assert.equal(matches(selector, {}), true);
    assert.equal(preference(selector, { zone: "a", disk: "ssd" }), 2);
    assert.equal(preference(selector, { zone: "b", disk: "ssd" }), 1);
  });
});
