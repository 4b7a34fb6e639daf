import assert from "node:assert/strict";
import fc from "fast-check";
import { describe, test } from "vitest";
import type { Bundle, Command } from "../../../bot/bundles/bundle.ts";
import { type BundleLoad, loadBundle } from "../../../bot/bundles/load.ts";
import { printBundleError } from "../../../bot/bundles/problem.ts";
import { RUNS } from "../rules/rule-facts.ts";

const HEAD = "aldis_bundle_version: 1\nname: web\nversion: 1.4.0\nimage: web:1\n";
const COMMANDS = "commands:\n  deploy:\n    executable: [deploy]\n";

function bundleOf(text: string): Bundle {
  const loaded = loadBundle(text, "web.yaml");
  assert.ok(loaded.ok, errorsOf(loaded).join("\n"));
  return loaded.bundle;
}

function commandOf(lines: string): Command {
  const command = bundleOf(`${HEAD}${COMMANDS}${lines}`).commands.deploy;
  assert.ok(command);
  return command;
}

function errorsOf(loaded: BundleLoad): string[] {
  return loaded.ok ? [] : loaded.errors.map(printBundleError);
}

describe("what is left out gets its default", () => {
  test("of a command", () => {
    const { limits, rules, ...command } = commandOf("");

    assert.deepEqual(rules, []);
    assert.deepEqual(limits, {
      memoryBytes: 268_435_456,
      cpus: 1,
      pids: 64,
      timeoutMs: 300_000,
      outputBytes: 67_108_864,
      tmpBytes: 67_108_864,
    });
    assert.deepEqual(
      { ...command, options: { ...command.options }, complete: { ...command.complete } },
      {
        name: "deploy",
        description: "",
        longDescription: "",
        executable: ["deploy"],
        native: false,
        declaresOptions: false,
        options: {},
        arguments: [],
        ruleTexts: [],
        selector: { tags: {}, not: {}, exists: [], preferred: {} },
        delivery: "at-most-once",
        offerTimeoutMs: 10_000,
        queueTimeoutMs: 600_000,
        lostAfterMs: 300_000,
        attempts: 3,
        network: "none",
        mounts: [],
        user: "65534:65534",
        complete: {},
        examples: [],
        triggers: [],
        templates: {},
      },
    );
  });

  test("of a bundle", () => {
    const { commands: _commands, digest, ...bundle } = bundleOf(`${HEAD}${COMMANDS}`);

    assert.match(digest, /^sha256:[0-9a-f]{64}$/);
    assert.deepEqual(bundle, {
      name: "web",
      version: "1.4.0",
      format: "aldis",
      image: "web:1",
      description: "",
      longDescription: "",
      permissions: [],
      config: [],
      templates: {},
    });
  });
});

describe("a command's settings come over the bundle's", () => {
  test("B39 limits, one by one", () => {
    const limits = "limits: { memory: 1Gi, pids: 10 }\n";
    const text = `${HEAD}${limits}${COMMANDS}    limits: { memory: 64Mi, cpus: 0.5, timeout: 1h30m }\n`;

    assert.deepEqual(bundleOf(text).commands.deploy?.limits, {
      memoryBytes: 67_108_864,
      cpus: 0.5,
      pids: 10,
      timeoutMs: 5_400_000,
      outputBytes: 67_108_864,
      tmpBytes: 67_108_864,
    });
  });

  test("B38 the relay must match both selectors", () => {
    const relay = "relay: { selector: { tags: { region: [eu, us], role: x } } }\n";
    const own = "    relay: { selector: { tags: { region: [us, ap] }, not: { drained: true } } }\n";

    assert.deepEqual(bundleOf(`${HEAD}${relay}${COMMANDS}${own}`).commands.deploy?.selector, {
      tags: { region: ["us"], role: ["x"] },
      not: { drained: ["true"] },
      exists: [],
      preferred: {},
    });
  });
});

describe("B02 text stays text", () => {
  test.each([
    ["options: { v: { default: 1.10 } }", ["1.10"]],
    ["options: { v: { default: 007 } }", ["007"]],
    ["options: { v: { default: 5 } }", ["5"]],
    ["options: { v: { default: yes } }", ["yes"]],
    ["options: { v: { default: True } }", ["True"]],
    ["options: { v: { type: bool, default: true } }", ["true"]],
    ["options: { v: { type: list, default: [1.0, b] } }", ["1.0", "b"]],
  ])("%s", (line, expected) => {
    assert.deepEqual(commandOf(`    ${line}\n`).options.v?.default, expected);
  });

  test("a short name may be a digit, a choice a number", () => {
    const { options } = commandOf(
      "    options: { v: { short: 5, type: enum, choices: [1.10, 2] } }\n",
    );

    assert.equal(options.v?.short, "5");
    assert.deepEqual(options.v?.choices, ["1.10", "2"]);
  });
});

test("B34 R02: rules are parsed, with the command's name", () => {
  const { rules } = commandOf(
    '    rules: [allow, web:deploy forbid because "x"]\n'.replace(/'/g, ""),
  );

  assert.deepEqual(
    rules.map(({ command, effect }) => [command, effect.kind]),
    [
      ["web:deploy", "allow"],
      ["web:deploy", "forbid"],
    ],
  );
});

test("nothing is found in a bundle that was not written there", () => {
  const { commands } = bundleOf(`${HEAD}${COMMANDS}`);

  assert.equal(commands.constructor, undefined);
  assert.equal(commands.deploy?.options.toString, undefined);
});

test("B01 B06: the content loads again as JSON, with the same digest", () => {
  const loaded = loadBundle(
    `${HEAD}# a remark\n${COMMANDS}    options: { v: { default: 1.10 } }\n`,
    "a",
  );
  assert.ok(loaded.ok);

  const again = loadBundle(JSON.stringify(loaded.content), "b");

  assert.ok(again.ok);
  assert.equal(again.bundle.digest, loaded.bundle.digest);
  assert.notEqual(again.bundle.digest, bundleOf(`${HEAD}${COMMANDS}`).digest);
});

describe("B06 the digest is that of the content", () => {
  const { digest } = bundleOf(`${HEAD}${COMMANDS}`);

  test.each([
    ["a comment", `# Deploys.\n${HEAD}${COMMANDS}`],
    ["the order of keys", `${COMMANDS}${HEAD}`],
    ["quotes", `${HEAD.replace("web:1", '"web:1"')}${COMMANDS}`],
    ["flow style", `${HEAD}commands: { deploy: { executable: [deploy] } }\n`],
    ["an alias", `${HEAD.replace("name: web", "name: &name web")}${COMMANDS}`],
  ])("%s does not change it", (_what, text) => assert.equal(bundleOf(text).digest, digest));

  test.each([
    ["a description", `${HEAD}description: x\n${COMMANDS}`],
    ["digits", `${HEAD.replace("web:1", "web:1.0")}${COMMANDS}`],
    ["the order of a list", `${HEAD}permissions: [b, a]\n${COMMANDS}`],
  ])("%s does", (_what, text) => assert.notEqual(bundleOf(text).digest, digest));
});

describe("B01 a file is YAML of at most 1 MiB", () => {
  const good = `${HEAD}${COMMANDS}`;
  const room = 1024 * 1024 - good.length;

  test("and no larger", () => {
    assert.ok(loadBundle(`${good}${"#".repeat(room)}`, "a").ok);
    assert.ok(!loadBundle(`${good}${"#".repeat(room + 1)}`, "a").ok);
  });

  test("anchors and merge keys may be used", () => {
    const text = `${HEAD}commands:\n  a: &a { executable: [x], native: true }\n  b: { <<: *a, executable: [y] }\n`;

    const { commands } = bundleOf(text);

    assert.deepEqual([commands.b?.executable, commands.b?.native], [["y"], true]);
  });
});

describe("B05 a key without a value is an error", () => {
  test.each([
    "    limits:\n",
    "    limits: { pids: }\n",
    "    rules:\n",
    "    options: { force: }\n",
    "    relay: { selector: { not: { drained: } } }\n",
    "    description: ~\n",
  ])("%j", (lines) => {
    const errors = errorsOf(loadBundle(`${HEAD}${COMMANDS}${lines}`, "web.yaml"));

    assert.equal(errors.length, 1);
    assert.match(errors[0] ?? "", /: has no value; write one, or leave the key out$/);
  });
});

test("R79 a bundle with an error in a rule is not installed", () => {
  for (const rule of ["permit", "with user == 5 allow", "must have web:nothing"]) {
    assert.ok(!loadBundle(`${HEAD}${COMMANDS}    rules: ["${rule}"]\n`, "a").ok, rule);
  }
});

describe("B03 B04: a mistake is shown with its file, line, column, key and what was probably meant", () => {
  test.each([
    ["permisions: [a]", "web.yaml:8:1: permisions: is not a known key; did you mean permissions?"],
    [
      "permissions: [A]",
      "web.yaml:8:15: permissions[0]: a name starts with a small letter and goes on with small letters, digits, - and _",
    ],
    ["permissions: deploy", "web.yaml:8:1: permissions: should be a list"],
    [
      "    optoins: {}",
      "web.yaml:8:5: commands.deploy.optoins: is not a known key; did you mean options?",
    ],
    ["    nothinglikeit: {}", "web.yaml:8:5: commands.deploy.nothinglikeit: is not a known key"],
    [
      "    limits: { memroy: 1 }",
      "web.yaml:8:15: commands.deploy.limits.memroy: is not a known key; did you mean memory?",
    ],
    [
      "    limits: { memory: lots }",
      "web.yaml:8:15: commands.deploy.limits.memory: write a size like 64Mi or 1Gi",
    ],
    [
      "    limits: { memory: 0 }",
      "web.yaml:8:15: commands.deploy.limits.memory: write a size like 64Mi or 1Gi",
    ],
    [
      "    limits: { timeout: 5 }",
      "web.yaml:8:15: commands.deploy.limits.timeout: write a duration like 10s, 5m or 1h30m",
    ],
    [
      "    limits: { cpus: many }",
      "web.yaml:8:15: commands.deploy.limits.cpus: write a number of CPUs like 1 or 0.5",
    ],
    [
      "    limits: { pids: 1.5 }",
      "web.yaml:8:15: commands.deploy.limits.pids: should be a whole number",
    ],
    ["    native: maybe", "web.yaml:8:5: commands.deploy.native: should be true or false"],
    [
      "    delivery: at-most-onze",
      "web.yaml:8:5: commands.deploy.delivery: is one of at-most-once, at-least-once; did you mean at-most-once?",
    ],
    ["    user: root", "web.yaml:8:5: commands.deploy.user: write uid:gid, both as numbers"],
    [
      "    options: { v: { type: strnig } }",
      "web.yaml:8:21: commands.deploy.options.v.type: is one of string, int, float, bool, list, enum, duration, user, channel; did you mean string?",
    ],
    [
      "    options: { v: { requird: true } }",
      "web.yaml:8:21: commands.deploy.options.v.requird: is not a known key; did you mean required?",
    ],
    [
      "    options: { 5v: {} }",
      "web.yaml:8:16: commands.deploy.options.5v: an option's name is letters, digits, - and _",
    ],
    [
      "    options: { v: { type: enum } }",
      "web.yaml:8:21: commands.deploy.options.v.type: an enum needs choices",
    ],
    [
      "    options: { v: { type: int, choices: [1] } }",
      "web.yaml:8:32: commands.deploy.options.v.choices: choices are for string, list and enum, not int",
    ],
    [
      "    options: { v: { required: true, default: x } }",
      "web.yaml:8:37: commands.deploy.options.v.default: an option that is required has no use for a default",
    ],
    [
      "    options: { v: { type: int, default: x } }",
      "web.yaml:8:32: commands.deploy.options.v.default: is a whole number",
    ],
    [
      "    options: { v: { short: vv } }",
      "web.yaml:8:21: commands.deploy.options.v.short: one letter or digit",
    ],
    [
      "    options: { a: { short: x }, b: { short: x } }",
      "web.yaml:8:33: commands.deploy.options.b: shares -x with the option a",
    ],
    [
      "    options: { a-b: {}, a_b: {} }",
      "web.yaml:8:25: commands.deploy.options.a_b: shares ALDIS_OPT_A_B with the option a-b",
    ],
    [
      "    arguments: [{ name: a }, { name: a }]",
      "web.yaml:8:30: commands.deploy.arguments[1]: there are two arguments named a",
    ],
    [
      "    arguments: [{ name: a }, { name: b, required: true }]",
      "web.yaml:8:30: commands.deploy.arguments[1]: cannot be required after one that is not",
    ],
    [
      "    complete: { verison: [x] }\n    options: { version: {} }",
      "web.yaml:8:17: commands.deploy.complete.verison: the command has no option or argument verison; did you mean version?",
    ],
    [
      "    concurrency: { max: 1, by: [env] }",
      "web.yaml:8:33: commands.deploy.concurrency.by[0]: the command has no option or argument env",
    ],
    [
      "    triggers: [{ match: '/(/' }]",
      "web.yaml:8:18: commands.deploy.triggers[0].match: not a pattern in RE2's syntax: error parsing regexp: missing closing ): `(`",
    ],
    [
      "    relay: { selector: { tag: {} } }",
      "web.yaml:8:26: commands.deploy.relay.selector.tag: is not a known key; did you mean tags?",
    ],
    [
      "    rules: [allow it]",
      "web.yaml:8:19: commands.deploy.rules[0]: the rule should end here, but it says it",
    ],
    [
      "    rules: ['allow it']",
      "web.yaml:8:20: commands.deploy.rules[0]: the rule should end here, but it says it",
    ],
    [
      "    rules:\n      - allow\n      - permit",
      "web.yaml:10:9: commands.deploy.rules[1]: allow, forbid or must have is expected here, but it says permit",
    ],
    [
      "    rules:\n      - |\n        with user == 5\n        allow",
      "web.yaml:10:22: commands.deploy.rules[0]: string cannot be compared with number",
    ],
    [
      "    rules: [must have web:nothing]",
      "web.yaml:8:23: commands.deploy.rules[0]: nobody declares the permission web:nothing",
    ],
    [
      "    rules: [web:other allow]",
      "web.yaml:8:13: commands.deploy.rules[0]: a rule of web:deploy cannot be about web:other",
    ],
    [
      "config: [{ name: ALDIS_X }]",
      "web.yaml:8:12: config[0].name: names that start with ALDIS_ or GORT_ are taken",
    ],
    [
      "  Deploy: { executable: [x] }",
      "web.yaml:8:3: commands.Deploy: a name starts with a small letter and goes on with small letters, digits, - and _",
    ],
    [
      "  other: { executable: [] }",
      "web.yaml:8:12: commands.other.executable: an executable has at least the program's path",
    ],
    ["  other: { executable: x }", "web.yaml:8:12: commands.other.executable: should be a list"],
    ["  other: {}", "web.yaml:8:3: commands.other.executable: is missing"],
    ["name: web", "web.yaml:8:1: Map keys must be unique"],
    [
      "gort_bundle_version: 1",
      "web.yaml:8:1: gort_bundle_version: a file is either an Aldis bundle or a Gort bundle",
    ],
    ["\tx: 1", "web.yaml:8:1: Tabs are not allowed as indentation"],
  ])("%s", (line, expected) => {
    const found = errorsOf(loadBundle(`${HEAD}${COMMANDS}${line}\n`, "web.yaml"));

    assert.ok(found.includes(expected), found.join("\n"));
  });

  test.each([
    ["", "web.yaml:1:1: should be a mapping"],
    ["x: 1", "web.yaml:1:1: aldis_bundle_version: 1 is missing"],
    ["[]", "web.yaml:1:1: should be a mapping"],
    ["just text", "web.yaml:1:1: should be a mapping"],
    [
      "aldis_bundle_version: 2",
      "web.yaml:1:1: aldis_bundle_version: 1 is the only version there is",
    ],
    [
      "name: Web",
      "web.yaml:1:1: name: a name starts with a small letter and goes on with small letters, digits, - and _",
    ],
    ["name: site", "web.yaml:1:1: name: site is a reserved name"],
    ["name: gort", "web.yaml:1:1: name: gort is a reserved name"],
    ["name: web", "web.yaml:1:1: version: is missing"],
    ["name: web", "web.yaml:1:1: commands: is missing"],
    ["version: 1.4", "web.yaml:1:1: version: should be a semantic version like 1.4.0"],
    [
      "version: 1.4.0-rc.1+x\nversions: 1",
      "web.yaml:2:1: versions: is not a known key; did you mean version?",
    ],
    ["commands: {}", "web.yaml:1:1: commands: a bundle has at least one command"],
    [
      "commands: { x: { executable: [x] } }",
      "web.yaml:1:1: image: is missing; without it every command says native: true",
    ],
    ["a: &a [*a]", "web.yaml:1:1: is nested too deeply"],
  ])("%j", (text, expected) => {
    const found = errorsOf(loadBundle(text, "web.yaml"));

    assert.ok(found.includes(expected), found.join("\n"));
  });

  test("B04 all of them at once, from the top", () => {
    const loaded = loadBundle(
      `${HEAD}${COMMANDS}    rules: [permit]\n    limits: { memroy: 1 }\n  other: { executable: x }\ndecription: x\n`,
      "web.yaml",
    );

    assert.deepEqual(loaded.ok || loaded.errors.map(({ line, key }) => `${line} ${key}`), [
      "8 commands.deploy.rules[0]",
      "9 commands.deploy.limits.memroy",
      "10 commands.other.executable",
      "11 decription",
    ]);
  });
});

describe("R85 P01: permissions of others", () => {
  const text = `${HEAD}${COMMANDS}    rules: [must have site:admin]\n`;

  test("are not checked while they are not known", () => assert.ok(loadBundle(text, "a").ok));

  test("are checked once they are", () => {
    const known = loadBundle(text, "a", { declaredPermissions: new Set(["site:admin"]) });
    const unknown = loadBundle(text, "a", { declaredPermissions: new Set(["site:admins"]) });

    assert.ok(known.ok);
    assert.match(
      errorsOf(unknown).join(),
      /nobody declares .* site:admin; did you mean site:admins\?/,
    );
  });

  test("R84 an older version's do not count", () => {
    const own = `${HEAD}${COMMANDS}    rules: [must have web:old]\n`;

    assert.ok(!loadBundle(own, "a", { declaredPermissions: new Set(["web:old"]) }).ok);
  });
});

test("B12 B18: the bot's own bundle may have its reserved name, and no image", () => {
  const text = `aldis_bundle_version: 1\nname: aldis\nversion: 1.0.0\n${COMMANDS}`;

  assert.ok(!loadBundle(text, "a").ok);
  assert.ok(loadBundle(text, "a", { isBuiltIn: true }).ok);
});

describe("B07 no file makes it throw", () => {
  test.each([
    [
      "many aliases",
      `a: &a [x,x,x,x,x,x,x,x,x]\n${Array.from({ length: 9 }, (_, i) => `b${i}: &b${i} [${`*${i ? `b${i - 1}` : "a"},`.repeat(9)}]`).join("\n")}`,
    ],
    ["deep nesting", "[".repeat(20_000)],
    ["deep maps", `${"{a: ".repeat(5000)}1${"}".repeat(5000)}`],
    ["a large file", "#".repeat(1_100_000)],
    ["several documents", `${HEAD}---\n${HEAD}`],
    ["a tag", "name: !!js/function x"],
    [
      "a prototype",
      "__proto__: { name: web }\nconstructor: 1\ncommands: { __proto__: { executable: [x] } }",
    ],
    ["a merge", `base: &b { executable: [x] }\n${HEAD}commands: { x: { <<: *b } }`],
    ["a key that is a list", "? [a]\n: 1"],
    ["bytes", "\u0000\ufeff\ud800"],
  ])("%s", (_name, text) => assert.ok(!loadBundle(text, "a").ok));

  test("random changes to a good one", () => {
    const good = `${HEAD}permissions: [a]\n${COMMANDS}    options: { v: { type: list, default: [a] } }\n    rules:\n      - with option[v] == "a" must have web:a\n`;
    fc.assert(
      fc.property(fc.nat(good.length), fc.nat(8), fc.string({ maxLength: 6 }), (at, cut, text) => {
        const loaded = loadBundle(good.slice(0, at) + text + good.slice(at + cut), "a");

        for (const error of loaded.ok ? [] : loaded.errors)
          assert.ok(error.line >= 1 && error.column >= 1);
      }),
      { numRuns: Math.min(RUNS.numRuns, 1000) },
    );
  });
});
