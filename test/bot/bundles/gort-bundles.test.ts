import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "vitest";
import type { Bundle } from "../../../bot/bundles/bundle.ts";
import { enableBundle, installBundle } from "../../../bot/bundles/installed.ts";
import { warningsOf } from "../../../bot/bundles/lint.ts";
import { loadBundle } from "../../../bot/bundles/load.ts";
import { createViews } from "../../../bot/invocation/view.ts";
import { decide } from "../../../bot/rules/decide.ts";
import { startTestApi } from "../api/api-fixture.ts";
import { factsWith } from "../rules/rule-facts.ts";

/** A dozen files as they are written for Gort, each with something that the others have not. */
const FOLDER = join(import.meta.dirname, "gort");
const FILES = readdirSync(FOLDER);

function read(file: string): string {
  return readFileSync(join(FOLDER, file), "utf8");
}

function load(file: string) {
  const loaded = loadBundle(read(file), file);
  assert.ok(loaded.ok, loaded.ok ? "" : JSON.stringify(loaded.errors));
  return { ...loaded, warnings: warningsOf(loaded) };
}

/** What is said of every image with a tag, and of every command that declares nothing. */
const USUAL = /has a tag|declares no options|runs without a network/;

const REMARKS: Readonly<Record<string, readonly string[]>> = {
  "archive.yaml": [
    "6:1 enabled: has no effect",
    '19:9 commands.burn.rules[1]: Gort reads conditions from left to right; here "and" binds tighter than "or"',
  ],
  "bulbs.yaml": [
    "13:14 commands.switch.rules[0]: Gort asks whether off is given; here declare it: options: { off: { type: bool } }",
    "14:14 commands.switch.rules[1]: Gort asks whether off is given; here declare it: options: { off: { type: bool } }",
  ],
  "clock.yaml": [],
  "cluster.yaml": ["12:1 kubernetes: has no effect"],
  "kettle.yaml": [
    "11:1 image: names no version, so what runs may change from day to day; pin it as name@sha256:…",
    "23:27 commands.pour.rules[2]: /[0-9]/ matches anywhere in the text; write /^[0-9]$/",
  ],
  "lab.yaml": [],
  "lines.yaml": [
    "10:1 docker: names no version, so what runs may change from day to day; pin it as name@sha256:…",
    "11:1 input: has no effect",
    "21:5 commands.count.output: has no effect",
  ],
  "names.yaml": [],
  "puzzle.yaml": [
    '13:49 commands.sort.rules[0]: any word that is no number makes this unknown, and must have then demands; write "10"',
    '14:26 commands.sort.rules[1]: any word that is no number makes this unknown, and must have then demands; write "1"',
    '21:32 commands.count.rules[0]: any word that is no boolean makes this unknown, and must have then demands; write "false"',
    '21:39 commands.count.rules[0]: any word that is no number makes this unknown, and must have then demands; write "100"',
    "24:14 commands.count.rules[3]: compares all arguments or options at once; say any or all",
    "24:14 commands.count.rules[3]: Gort means all arguments as one text; here one of them is enough",
  ],
  "release.yaml": [],
  "tickets.yaml": [
    "13:1 templates: is not rendered: the default template answers",
    "30:5 commands.open.templates: is not rendered: the default template answers",
  ],
  "weather.yaml": [],
};

test("there are a dozen", () => {
  assert.deepEqual(FILES.toSorted(), Object.keys(REMARKS));
});

describe.each(FILES)("%s", (file) => {
  test("loads, with every rule", () => {
    const { bundle } = load(file);

    assert.equal(bundle.format, "gort");
    assert.ok(bundle.image);
    for (const { rules, ruleTexts } of Object.values(bundle.commands)) {
      assert.equal(rules.length, ruleTexts.length);
    }
  });

  test("gets the warnings that it should", () => {
    const { warnings } = load(file);
    const unusual = warnings.filter(({ message }) => !USUAL.test(message));

    assert.deepEqual(
      unusual.map(({ line, column, key, message }) => `${line}:${column} ${key}: ${message}`),
      REMARKS[file],
    );
  });

  test("is told of each command that it has no network, unless it asks for one", () => {
    const { bundle, warnings } = load(file);
    const told = warnings.filter(({ message }) => message.startsWith("runs without a network"));

    const alone = Object.values(bundle.commands).filter(({ network }) => network === "none");

    assert.deepEqual(
      told.map(({ key }) => key),
      alone.map(({ name }) => `commands.${name}`),
    );
  });
});

describe("its rules decide as they are meant to", () => {
  type Typed = { arguments?: string[]; options?: Record<string, string[]> };
  test.each<[file: string, command: string, typed: Typed, held: string[], allowed: boolean]>([
    ["clock.yaml", "now", {}, [], true],
    ["cluster.yaml", "pods", {}, ["cluster:drain"], true],
    ["cluster.yaml", "pods", {}, [], false],
    ["cluster.yaml", "drain_node", {}, ["cluster:drain"], false],
    ["cluster.yaml", "drain_node", {}, ["cluster:drain", "cluster:view"], true],
    ["names.yaml", "change", { arguments: ["remove"] }, ["names:change"], true],
    ["names.yaml", "change", { arguments: ["add"] }, ["names:change"], false],
    ["release.yaml", "ship", { options: { environment: ["qa"] } }, ["release:test"], true],
    ["release.yaml", "ship", { options: { environment: ["prod"] } }, ["release:test"], false],
    ["release.yaml", "sign", {}, ["release:prod", "release:sign"], true],
    ["release.yaml", "sign", {}, ["release:prod", "release:test"], false],
    ["puzzle.yaml", "sort", { arguments: ["10"] }, ["puzzle:sort"], true],
    ["puzzle.yaml", "sort", { arguments: ["edge-3"] }, [], false],
    ["puzzle.yaml", "count", { arguments: ["x", "2.25"] }, ["puzzle:count"], true],
    ["puzzle.yaml", "count", { arguments: ["x", "2.25"] }, [], false],
    ["puzzle.yaml", "count", { arguments: ["x", "3"] }, ["puzzle:count"], false],
    ["kettle.yaml", "pour", { options: { sugar: ["2"] } }, [], true],
    ["kettle.yaml", "pour", { options: { sugar: ["4"] } }, [], false],
  ])("%s: %s %j with %j: %s", (file, name, typed, held, allowed) => {
    const { bundle } = load(file);
    const command = bundle.commands[name];
    assert.ok(command);

    const decision = decide(
      command.rules,
      factsWith({ ...typed, command: `${bundle.name}:${name}`, permissions: new Set(held) }),
    );

    assert.equal(decision.allowed, allowed);
  });
});

test("each installs, and one that is enabled is in the view", async () => {
  const { workspaceId, admin, deps } = await startTestApi();
  const { store, macKey } = deps.dispatch;
  const actor = { userId: admin.userId, method: "test" };
  const installed: Bundle[] = [];

  for (const file of FILES) {
    const install = await installBundle(
      { store, macKey },
      workspaceId,
      { text: read(file), file },
      actor,
    );
    assert.ok(install.ok, install.ok ? "" : install.errors.join("\n"));
    installed.push(install.bundle);
  }
  await enableBundle(store, workspaceId, "cluster", undefined, actor);

  assert.equal(new Set(installed.map(({ name }) => name)).size, 12);
  const builtIn = load("clock.yaml").bundle;
  const views = createViews({
    store,
    macKey,
    builtIn,
    onUnreadable: (name) => assert.fail(name),
  });
  const view = await views.read(workspaceId, { userId: admin.userId });
  assert.deepEqual([...view.bundles.keys()], ["clock", "cluster"]);
  const pods = view.bundles.get("cluster")?.commands.pods;
  assert.deepEqual(pods?.executable, ["kubectl", "get", "pods"]);
});

describe("what Gort takes and Aldis does not is said in one line", () => {
  const bulbs = read("bulbs.yaml");
  test.each([
    [
      "a command in capitals",
      "  switch:",
      "  Switch:",
      /commands\.Switch: a name starts with a sm/,
    ],
    ["no program", "    executable: [ /bin/bulb ]\n", "", /switch\.executable: is missing/],
    ["a program as text", "[ /bin/bulb ]", "/bin/bulb", /switch\.executable: should be a list/],
    ["True", "== true", "== True", /rules\[1\]: .* it says True/],
    ["in without a list", "== true", 'in "x"', /rules\[1\]: in needs a list/],
    ["a slash in a pattern", "== true", "== /a/b/", /rules\[1\]: /],
    ["an empty trigger", "    rules:", '    triggers: [{ match: "" }]\n    rules:', /not be empty/],
    ["a key that Gort passes over", "image:", "notes: x\nimage:", /notes: is not a known key/],
  ])("%s", (_what, before, after, expected) => {
    const loaded = loadBundle(bulbs.replace(before, after), "bulbs.yaml");

    assert.ok(!loaded.ok);
    assert.equal(loaded.errors.length, 1);
    const [{ key, message } = { key: "", message: "" }] = loaded.errors;
    assert.match(`${key}: ${message}`, expected);
    assert.ok(!message.includes("\n"));
  });
});
