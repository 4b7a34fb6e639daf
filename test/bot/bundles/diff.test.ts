import assert from "node:assert/strict";
import fc from "fast-check";
import { describe, test } from "vitest";
import type { Bundle } from "../../../bot/bundles/bundle.ts";
import { type Change, diffBundles } from "../../../bot/bundles/diff.ts";
import { SECTIONS } from "../../../bot/bundles/diff-sections.ts";
import { loadBundle } from "../../../bot/bundles/load.ts";
import { bundleFiles } from "./bundle-arbitraries.ts";
import { EVERY_KEY } from "./every-key.ts";

function bundleOf(text: string): Bundle {
  const loaded = loadBundle(text, "web.yaml");
  assert.ok(loaded.ok, loaded.ok ? "" : JSON.stringify(loaded.errors));
  return loaded.bundle;
}

function print({ section, command, key, kind, before, after, effect }: Change): string {
  const where = [section, command, key].filter(Boolean).join(" ");
  const values = [before, after].map((value) => JSON.stringify(value) ?? "").join(" → ");
  return `${kind} ${where}: ${values}${effect ? ` (${effect})` : ""}`;
}

/** What changes when this text of the full file is replaced, and its version with it. */
function changesOf(before: string, after: string): string[] {
  assert.ok(EVERY_KEY.includes(before), before);
  return diffBundles(bundleOf(EVERY_KEY), bundleOf(EVERY_KEY.replace(before, after))).map(print);
}

describe("says what changes", () => {
  test.each([
    ["[deploy]", "[deploy, admin]", ['added permissions permissions:  → "admin"']],
    ["image: web:1", "image: web:2", ['changed image image: "web:1" → "web:2"']],
    ["native: false", "native: true", ["changed native deploy native: false → true"]],
    ["[deploy]\n    native", "[deploy, -v]\n    native", null],
    ["network: none", "network: lan", ['changed network deploy network: "none" → "lan"']],
    ["mounts: [data]", "mounts: [keys]", null],
    ["1000:1000", "0:0", ['changed user deploy user: "1000:1000" → "0:0"']],
    [
      "{ timeout: 20m }",
      "{ timeout: 1h }",
      ["changed limits deploy limits.timeoutMs: 1200000 → 3600000"],
    ],
    [
      "selector: {} }",
      "selector: { not: { x: y } } }",
      ['added selector deploy selector.not.x:  → ["y"]'],
    ],
    ["at-least-once", "at-most-once", null],
    ["short: v", "short: V", ['changed options deploy options.version.short: "v" → "V"']],
    [
      "{ name: environment, description: Where.,",
      "{ name: environment, description: There.,",
      ['changed arguments deploy arguments.environment.description: "Where." → "There."'],
    ],
    ["secret: true, required: true", "required: true", null],
    ['match: "/^deploy$/"', 'match: "/deploy/"', null],
    ["author: Ops", "author: Dev", ['changed texts author: "Ops" → "Dev"']],
  ])("%j as %j", (before, after, expected) => {
    const changes = changesOf(before, after);

    if (expected) assert.deepEqual(changes, expected);
    else assert.ok(changes.length > 0);
  });

  test("a template of the bundle is one change, not one for each command", () => {
    const changes = changesOf('message_error: "x"', 'message_error: "y"');

    assert.deepEqual(changes, ['changed templates templates.message_error: "x" → "y"']);
  });

  test("an argument in another place", () => {
    const pair = (names: string) => EVERY_KEY.replace("arguments: [", `arguments: [${names}`);
    const one = bundleOf(pair("{ name: a, required: true }, { name: b, required: true }, "));
    const other = bundleOf(pair("{ name: b, required: true }, { name: a, required: true }, "));

    assert.deepEqual(diffBundles(one, other).map(print), [
      "changed arguments deploy arguments.a.position: 1 → 2",
      "changed arguments deploy arguments.b.position: 2 → 1",
    ]);
  });

  test("a new command: who may run it, and what it may do that others may not", () => {
    const added =
      "commands:\n  root: { executable: [sh], user: '0:0', mounts: [disk], rules: [allow] }\n";

    assert.deepEqual(changesOf("commands:\n", added), [
      'added rules root rules:  → "allow" (easier)',
      'changed executable root executable: [] → ["sh"]',
      'added mounts root mounts:  → "disk"',
      'changed user root user: "65534:65534" → "0:0"',
      "changed limits root limits.cpus: 1 → 0.5",
      "changed limits root limits.tmpBytes: 67108864 → 1024",
      'added selector root selector.tags.region:  → ["eu","us"]',
      'added selector root selector.not.old:  → ["true"]',
      'changed selector root selector.exists: [] → ["k"]',
      'added selector root selector.preferred.a:  → ["1"]',
      'added selector root selector.absent:  → ["lost"]',
      "added commands root:  → ",
    ]);
  });

  test("a command that is gone, in one line", () => {
    const two = EVERY_KEY.replace("commands:\n", "commands:\n  x: { executable: [x] }\n");

    const changes = diffBundles(bundleOf(two), bundleOf(EVERY_KEY));

    assert.deepEqual(changes.map(print), ["removed commands x:  → "]);
  });

  test("permissions and rules first, texts last", () => {
    const after = EVERY_KEY.replace("Ops", "Dev")
      .replace("[deploy]", "[deploy, admin]")
      .replace("must have web:deploy", "must have web:admin")
      .replace("web:1", "web:2");

    const sections = diffBundles(bundleOf(EVERY_KEY), bundleOf(after)).map((one) => one.section);

    assert.deepEqual(sections, ["permissions", "rules", "rules", "image", "texts"]);
    assert.deepEqual(
      sections,
      sections.toSorted((a, b) => SECTIONS.indexOf(a) - SECTIONS.indexOf(b)),
    );
  });

  test("a file that only says the same otherwise", () => {
    const changes = changesOf("    native: false\n", "");

    assert.equal(changes.length, 1);
    assert.match(changes[0] ?? "", /^changed texts digest: /);
  });

  test("a rule that is only written otherwise", () => {
    const changes = changesOf("[must have web:deploy]", "['must  have web:deploy']");

    assert.deepEqual(changes, [
      'removed texts deploy rules: "must have web:deploy" → ',
      'added texts deploy rules:  → "must  have web:deploy"',
    ]);
  });
});

describe("nothing is missed", () => {
  test("between a bundle and itself nothing changes", () => {
    let compared = 0;
    fc.assert(
      fc.property(bundleFiles, (file) => {
        const [one, other] = [file, file].map((each) => loadBundle(JSON.stringify(each), "x"));
        if (!one?.ok || !other?.ok) return;
        compared++;

        assert.deepEqual(diffBundles(one.bundle, other.bundle), []);
      }),
    );

    assert.ok(compared > 20, `only ${compared} were valid`);
  });

  const full = bundleOf(EVERY_KEY);
  test.each(leavesOf(full).map((path) => path.join(" ")))("another %s is a change", (path) => {
    const changed = bundleOf(EVERY_KEY);
    changeLeaf(changed, path.split(" "));

    assert.notDeepEqual(diffBundles(full, changed), []);
    assert.notDeepEqual(diffBundles(changed, full), []);
  });
});

/**
 * Where each value of a bundle stands that holds no other. Rules are left to a test of their own:
 * what they are made of is no free text.
 */
function leavesOf(value: unknown, path: readonly string[] = []): string[][] {
  if (path.at(-1) === "rules") return [];
  if (typeof value !== "object" || value === null) return [[...path]];
  return Object.entries(value).flatMap(([key, inner]) => leavesOf(inner, [...path, key]));
}

function changeLeaf(value: object, path: readonly string[]): void {
  const [key = "", ...rest] = path;
  const inner: unknown = Reflect.get(value, key);
  if (rest.length > 0) {
    assert.ok(typeof inner === "object" && inner !== null);
    changeLeaf(inner, rest);
    return;
  }
  Reflect.set(value, key, otherThan(inner));
}

function otherThan(value: unknown): unknown {
  if (typeof value === "boolean") return !value;
  return typeof value === "number" ? value + 1 : `${value}-other`;
}
