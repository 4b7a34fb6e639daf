import assert from "node:assert/strict";
import { describe, test } from "vitest";
import { warningsOf } from "../../../bot/bundles/lint.ts";
import { loadBundle } from "../../../bot/bundles/load.ts";

const CLEAN = `aldis_bundle_version: 1
name: web
version: 1.4.0
image: web@sha256:${"0".repeat(64)}
commands:
  deploy:
    description: Deploys.
    executable: [deploy]
    options: {}
    rules: [allow]
`;
const OPTIONS = "    options: {}\n";

/** As `key: message`. */
function remarksOn(text: string): string[] {
  const loaded = loadBundle(text, "web.yaml");
  assert.ok(loaded.ok, loaded.ok ? "" : JSON.stringify(loaded.errors));
  return warningsOf(loaded).map(({ key, message }) => `${key}: ${message}`);
}

type Row = readonly [before: string, after: string, key: string, said: RegExp];

/** What is changed in a file without warnings, and the only key that is then warned of. */
function warns(rows: readonly Row[], format = "aldis"): void {
  test.each(rows)("%j as %j warns of %s: %s", (before, after, key, said) => {
    const file = CLEAN.replace("aldis", format);
    const changed = file.replace(before, after);
    assert.notEqual(changed, file);

    const known = remarksOn(file);
    const fresh = remarksOn(changed).filter((warning) => !known.includes(warning));

    assert.ok(
      fresh.some((warning) => warning.startsWith(`${key}: `) && said.test(warning)),
      fresh.join("\n"),
    );
  });
}

test("a file that leaves nothing open gets no warning", () => {
  assert.deepEqual(remarksOn(CLEAN), []);
});

describe("B96 of a command", () => {
  warns([
    ["    description: Deploys.\n", "", "commands.deploy", /no description/],
    ["[allow]", "[]", "commands.deploy", /no rule/],
    ["[allow]", "[with user == 'x' forbid]", "commands.deploy.rules", /forbid/],
    [OPTIONS, "", "commands.deploy", /declares no options/],
    [
      OPTIONS,
      `${OPTIONS}    relay: { selector: { tags: { a: [] } } }\n`,
      "commands.deploy.relay",
      /no relay can match/,
    ],
  ]);
});

describe("B97 of an image", () => {
  const pinned = CLEAN.split("\n")[3] ?? "";
  warns([
    [pinned, "image: web", "image", /names no version/],
    [pinned, "image: web:latest", "image", /names no version/],
    [pinned, "image: web:1", "image", /pin it/],
    [OPTIONS, `${OPTIONS}    native: true\n`, "image", /no effect/],
  ]);
});

describe("B98 of a permission", () => {
  warns([
    ["commands:", "permissions: [spare]\ncommands:", "permissions[0]", /no rule asks for it/],
  ]);
});

describe("B99 of a key without effect", () => {
  const native = `${OPTIONS}    native: true\n`;
  warns([
    [OPTIONS, `${OPTIONS}    attempts: 5\n`, "commands.deploy.attempts", /no effect/],
    [OPTIONS, `${native}    network: inner\n`, "commands.deploy.network", /no effect/],
    [OPTIONS, `${native}    limits: { pids: 5 }\n`, "commands.deploy.limits.pids", /no effect/],
  ]);
});

describe("B86 of an option", () => {
  warns([
    [
      OPTIONS,
      "    options: { f: {}, force: { short: f } }\n",
      "commands.deploy.options.f",
      /-f is force/,
    ],
    [
      OPTIONS,
      "    options: { force: { type: bool, required: true } }\n",
      "commands.deploy.options.force",
      /required/,
    ],
  ]);
});

describe("B87 of a rule", () => {
  const first = "commands.deploy.rules[0]";
  warns([
    ["[allow]", "[allow, allow]", "commands.deploy.rules[1]", /same as/],
    ["[allow]", "[with hour < 3 and hour > 5 allow]", first, /never be true/],
    ["[allow]", "[with user == 'x' allow, allow]", first, /changes nothing/],
    ["[allow]", "[forbid, allow]", first, /always forbids/],
    ["[allow]", "[with user == /x/ allow]", first, /write \/\^/],
  ]);
});

describe("R87 of a comparison of all arguments or options at once", () => {
  const first = "commands.deploy.rules[0]";
  warns([
    ["[allow]", "[with arg == 'x' allow]", first, /say any or all/],
    ["[allow]", "[with not (user == 'x' or option != 'x') allow]", first, /say any or all/],
  ]);
});

describe("B92 of docker beside image", () => {
  warns([["commands:", "docker: { image: web }\ncommands:", "docker", /image is given/]]);
});

describe("B93 of what is accepted for Gort's sake", () => {
  warns([
    ["commands:", "kubernetes: {}\ncommands:", "kubernetes", /no effect/],
    ["commands:", "enabled: true\ncommands:", "enabled", /no effect/],
    ["commands:", "input: x\ncommands:", "input", /no effect/],
    [OPTIONS, `${OPTIONS}    output: x\n`, "commands.deploy.output", /no effect/],
  ]);
});

describe("in a file of Gort's", () => {
  describe("B94 templates", () => {
    warns(
      [["commands:", "templates: { command: x }\ncommands:", "templates", /not rendered/]],
      "gort",
    );
  });
  describe("B88 rules that Gort reads otherwise", () => {
    const rule = "[with user == 'a' or user == 'b' and user == 'c' allow]";
    warns([["[allow]", rule, "commands.deploy.rules[0]", /Gort/]], "gort");
  });

  test("B95 a command is told what it may need", () => {
    const warnings = remarksOn(CLEAN.replace("aldis", "gort"));

    assert.ok(warnings.some((warning) => /^commands\.deploy: .* may need/.test(warning)));
  });
});

describe("B91 Gort's version may be short", () => {
  test.each([
    ["0.1", "0.1.0"],
    ["v2", "2.0.0"],
    ["1.2.3", "1.2.3"],
  ])("%s is %s", (version, expected) => {
    const text = CLEAN.replace("aldis", "gort").replace("1.4.0", version);
    const loaded = loadBundle(text, "web.yaml");

    assert.ok(loaded.ok);
    assert.equal(loaded.bundle.version, expected);
  });
});

test("B90 B92: a file of Gort's is read as it is, with the image that docker names", () => {
  const loaded = loadBundle(
    "gort_bundle_version: 1\nname: echo\nversion: 0.1\ndocker: { image: ubuntu, tag: 20.04 }\nkubernetes: {}\ncommands:\n  foo:\n    executable: [/bin/echo]\n    rules: [must have echo:can_echo]\npermissions: [can_echo]\n",
    "echo.yaml",
  );

  assert.ok(loaded.ok);
  assert.equal(loaded.bundle.format, "gort");
  assert.equal(loaded.bundle.image, "ubuntu:20.04");
});

test("B11 a file of Gort's and one of Aldis's are told apart", () => {
  const format = (text: string) => {
    const loaded = loadBundle(text, "web.yaml");
    return loaded.ok ? loaded.bundle.format : "neither";
  };

  assert.equal(format(CLEAN), "aldis");
  assert.equal(format(CLEAN.replace("aldis", "gort")), "gort");
  assert.equal(format(`gort_bundle_version: 1\n${CLEAN}`), "neither");
});
