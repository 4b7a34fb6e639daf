import assert from "node:assert/strict";
import { describe, test } from "vitest";
import { warningsOf } from "../../../bot/bundles/lint.ts";
import { loadBundle } from "../../../bot/bundles/load.ts";

const CLEAN = `aldis_bundle_version: 1
name: web
version: 1.4.0
image: web@sha256:abc
commands:
  deploy:
    description: Deploys.
    executable: [deploy]
    options: {}
    rules: [allow]
`;
const OPTIONS = "    options: {}\n";
const IMAGE = "image: web@sha256:abc";
const NATIVE = `${OPTIONS}    native: true\n`;
const OTHER = "  a: { description: A., executable: [a], options: {}, rules: [allow] }\n";

function remarksOn(text: string): string[] {
  const loaded = loadBundle(text, "web.yaml");
  assert.ok(loaded.ok, loaded.ok ? "" : JSON.stringify(loaded.errors));
  return warningsOf(loaded).map(
    ({ line, column, key, message }) => `${line}:${column} ${key}: ${message}`,
  );
}

function replaced(before: string, after: string): string {
  assert.ok(CLEAN.includes(before), before);
  return CLEAN.replace(before, after);
}

/** What is replaced in the clean bundle, by what that is warned of, and by what that is not. */
type Case = [before: string, after: string, mended: string, warning: string];

function assertWarns(before: string, after: string, mended: string, warning: string): void {
  assert.deepEqual(remarksOn(replaced(before, after)), [warning]);
  assert.deepEqual(remarksOn(replaced(before, mended)), []);
}

test("a bundle that leaves nothing open gets no warning", () => {
  assert.deepEqual(remarksOn(CLEAN), []);
});

describe("a command that does not do what it says", () => {
  test.each<Case>([
    [
      "    description: Deploys.\n",
      "",
      "    description: Or what it does.\n",
      "6:3 commands.deploy: has no description, so help has nothing to say",
    ],
    [
      "[allow]",
      "[]",
      "[with user == 'ada' allow]",
      "6:3 commands.deploy: has no rule, so nobody may run it",
    ],
    [
      "[allow]",
      "[with user == 'bob' forbid]",
      "[allow, with user == 'bob' forbid]",
      "10:5 commands.deploy.rules: only forbid, so nobody may run it",
    ],
    [
      OPTIONS,
      "",
      OPTIONS,
      "6:3 commands.deploy: declares no options: a rule on one, or on what follows one, may not be decidable",
    ],
    [
      `${OPTIONS}    rules: [allow]`,
      "    rules: [with any arg == 'x' allow]",
      `${OPTIONS}    rules: [with any arg == 'x' allow]`,
      "6:3 commands.deploy: declares no options, so what its rules ask about may be unknown, and is then denied",
    ],
    [
      OPTIONS,
      `${OPTIONS}    relay: { selector: { tags: { a: [] } } }\n`,
      `${OPTIONS}    relay: { selector: { tags: { a: [b] } } }\n`,
      "10:5 commands.deploy.relay: no relay can match: a has no value left",
    ],
    [
      OPTIONS,
      `${OPTIONS}    relay: { selector: { tags: { a: [b, c] }, not: { a: [c, b] } } }\n`,
      `${OPTIONS}    relay: { selector: { tags: { a: [b, c] }, not: { a: c } } }\n`,
      "10:5 commands.deploy.relay: no relay can match: a has no value left",
    ],
    [
      OPTIONS,
      `${OPTIONS}    relay: { selector: { exists: [a], absent: [b, a] } }\n`,
      `${OPTIONS}    relay: { selector: { exists: [a], absent: [b, c] } }\n`,
      "10:5 commands.deploy.relay: no relay can match: a must be there, and must not",
    ],
    [
      OPTIONS,
      `${OPTIONS}    relay: { selector: { tags: { a: b }, absent: [a] } }\n`,
      `${OPTIONS}    relay: { selector: { not: { a: b }, absent: [a] } }\n`,
      "10:5 commands.deploy.relay: no relay can match: a must be there, and must not",
    ],
  ])("%j as %j, but not as %j", assertWarns);
});

describe("an option whose declaration misleads", () => {
  test.each<Case>([
    [
      "options: {}",
      "options: { version: { short: v }, v: {} }",
      "options: { version: { short: v }, verbose: {} }",
      "9:39 commands.deploy.options.v: --v is this, and -v is version; rename one of them",
    ],
    [
      "options: {}",
      "options: { v: { short: v } }",
      "options: { v: {} }",
      "9:16 commands.deploy.options.v: its short form is its name; -v and --v are the same",
    ],
    [
      "options: {}",
      "options: { force: { type: bool, required: true } }",
      "options: { force: { type: bool } }",
      "9:16 commands.deploy.options.force: is a flag that must always be given; leave out required",
    ],
    [
      "options: {}",
      "options: { force: { type: bool, default: false } }",
      "options: { force: { type: bool, default: true } }",
      "9:16 commands.deploy.options.force: has a default that every flag has: false",
    ],
  ])("%j as %j, but not as %j", assertWarns);
});

describe("an image that may become another", () => {
  const named =
    "names no version, so what runs may change from day to day; pin it as name@sha256:…";
  test.each<Case>([
    ["web@sha256:abc", "web", "web@sha256:abc", `4:1 image: ${named}`],
    ["web@sha256:abc", "web:latest", "web:latest@sha256:abc", `4:1 image: ${named}`],
    ["web@sha256:abc", "localhost:5000/web", "localhost:5000/web@sha256:a", `4:1 image: ${named}`],
    [
      "web@sha256:abc",
      "localhost:5000/web:1.4",
      "localhost:5000/web:1.4@sha256:abc",
      "4:1 image: has a tag, and 1.4 may come to mean another image; pin it as name@sha256:…",
    ],
    [
      IMAGE,
      "docker: { image: web }",
      "docker: { image: 'web@sha256:abc' }",
      `4:1 docker: ${named}`,
    ],
  ])("%j as %j, but not as %j", assertWarns);
});

describe("a key that changes nothing", () => {
  test.each<Case>([
    [IMAGE, `${IMAGE}\ndocker: { image: web }`, IMAGE, "5:1 docker: has no effect: image is given"],
    [IMAGE, `${IMAGE}\npermissions: [spare]`, IMAGE, "5:15 permissions[0]: no rule asks for it"],
    [IMAGE, `${IMAGE}\nkubernetes: {}`, IMAGE, "5:1 kubernetes: has no effect"],
    [OPTIONS, `${OPTIONS}    input: x\n`, OPTIONS, "10:5 commands.deploy.input: has no effect"],
    [
      OPTIONS,
      `${OPTIONS}    attempts: 5\n`,
      `${OPTIONS}    attempts: 5\n    delivery: at-least-once\n`,
      "10:5 commands.deploy.attempts: has no effect: the command starts at most once",
    ],
  ])("%j as %j, but not as %j", assertWarns);

  test("an image where every command is native", () => {
    const all = replaced(OPTIONS, NATIVE);
    const some = all.replace("commands:\n", `commands:\n${OTHER}`);

    assert.deepEqual(remarksOn(all), ["4:1 image: has no effect: every command is native"]);
    assert.deepEqual(remarksOn(some), []);
  });

  test.each([
    ["network: lan", "network"],
    ["mounts: [data]", "mounts"],
    ["user: 0:0", "user"],
    ["limits: { memory: 1Gi }", "limits.memory"],
  ])("%s on a native command", (line, key) => {
    const contained = replaced(OPTIONS, `${OPTIONS}    ${line}\n`);
    const native = contained.replace(OPTIONS, NATIVE).replace(`${IMAGE}\n`, "");

    const said = remarksOn(native).map((warning) => warning.replace(/^\S+ /, ""));

    assert.deepEqual(said, [`commands.deploy.${key}: has no effect: the command is native`]);
    assert.deepEqual(remarksOn(contained), []);
  });

  test("a template of the bundle that every command replaces", () => {
    const own = replaced("commands:\n", "templates: { command: x }\ncommands:\n").replace(
      OPTIONS,
      `${OPTIONS}    templates: { command: z }\n`,
    );

    assert.deepEqual(remarksOn(own), [
      "5:14 templates.command: has no effect: each command has its own",
    ]);
    assert.deepEqual(remarksOn(own.replace("commands:\n", `commands:\n${OTHER}`)), []);
  });
});

test("a permission that no rule asks for, or that is there twice", () => {
  const twice = replaced("commands:\n", "permissions: [a, b, a]\ncommands:\n").replace(
    "[allow]",
    "[must have web:a]",
  );

  assert.deepEqual(remarksOn(twice), [
    "5:18 permissions[1]: no rule asks for it",
    "5:21 permissions[2]: is there twice",
  ]);
  assert.deepEqual(remarksOn(twice.replace("[a, b, a]", "[a]")), []);
});
