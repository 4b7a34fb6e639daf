import assert from "node:assert/strict";
import { describe, test } from "vitest";
import { loadBundle } from "../../../bot/bundles/load.ts";
import { parseWords } from "../../../bot/invocation/parse.ts";
import { specOf } from "../../../bot/invocation/spec.ts";
import { tokenize } from "../../../bot/invocation/tokenize.ts";
import { admit } from "../../../relay/admission/admit.ts";
import { DEFAULT_POLICY } from "../../../relay/policy/policy.ts";
import type { ExecutionSpec } from "../../../relay/wire/messages.ts";

const IDS = { invocationId: "i", executionId: "e" };

/** What a relay is told to run where `web:deploy` of this file is typed. */
function specFor(source: string, text: string): ExecutionSpec {
  const loaded = loadBundle(source, "web.yaml");
  assert.ok(loaded.ok, loaded.ok ? "" : JSON.stringify(loaded.errors));
  const { bundle } = loaded;
  const command = bundle.commands.deploy ?? assert.fail();
  const tokens = tokenize(text);
  assert.ok(tokens.ok);
  const read = parseWords(command, tokens.words, text.length);
  assert.ok(read.ok);
  const message = { adapter: "slack", channel: "C1" };
  return specOf(IDS, { bundle, command }, read.parsed, message, { name: "alice" });
}

function fileWith(lines: string, head = "", format = "aldis"): string {
  return `${format}_bundle_version: 1\nname: web\nversion: 1.4.0\n${head}commands:\n  deploy:\n    executable: [/bin/deploy, -q]\n${lines}`;
}

const IMAGE = "image: web:1\n";
const NATIVE = "    native: true\n";

test("B30 B80: the argv is the executable, then the words as typed", () => {
  const { argv } = specFor(fileWith("", IMAGE), "--a 'b c' -- 007 —x");

  assert.deepEqual(argv, ["/bin/deploy", "-q", "--a", "b c", "--", "007", "--x"]);
});

test("B81 the environment says what runs, where it was typed and by whom", () => {
  assert.deepEqual(specFor(fileWith("", IMAGE), "").env, {
    ALDIS_INVOCATION_ID: "i",
    ALDIS_EXECUTION_ID: "e",
    ALDIS_BUNDLE: "web",
    ALDIS_COMMAND: "deploy",
    ALDIS_ADAPTER: "slack",
    ALDIS_CHANNEL: "C1",
    ALDIS_USER: "alice",
  });
});

test("B82 a command of a Gort file gets Gort's names too", () => {
  const { env } = specFor(fileWith("", IMAGE, "gort"), "");
  const names = Object.entries(env).filter(([name]) => name.startsWith("GORT_"));

  assert.deepEqual(Object.fromEntries(names), {
    GORT_ADAPTER: "slack",
    GORT_BUNDLE: "web",
    GORT_COMMAND: "deploy",
    GORT_INVOCATION_ID: "i",
    GORT_ROOM: "C1",
    GORT_USER: "alice",
  });
});

describe("B83 each option whose value is certain is in the environment", () => {
  const declared = fileWith(
    "    options: { dry-run: { type: bool }, tags: { type: list }, zone: { default: eu }, note: {} }\n",
    IMAGE,
  );

  test.each([
    ["", { DRY_RUN: "false", ZONE: "eu" }],
    ["--dry-run --tags a,b --tags c", { DRY_RUN: "true", TAGS: "a,b,c", ZONE: "eu" }],
    ["--note 'a b'", { DRY_RUN: "false", ZONE: "eu", NOTE: "a b" }],
  ])("declared: %j", (text, expected) => assert.deepEqual(optionsIn(declared, text), expected));

  test.each([
    ["--x=1 --y a", { X: "1" }],
    ["--x", { X: "true" }],
    ["--mode=safe --MODE=danger", {}],
    ["--foo-bar=1 --foo_bar=2 --x=1", { X: "1" }],
    ["--mode=1 --MODE", {}],
    ["--x a", {}],
  ])("not declared: %j", (text, expected) => {
    assert.deepEqual(optionsIn(fileWith("", IMAGE), text), expected);
  });

  function optionsIn(source: string, text: string): Record<string, string> {
    const entries = Object.entries(specFor(source, text).env).flatMap(([name, value]) => {
      return name.startsWith("ALDIS_OPT_") ? [[name.slice("ALDIS_OPT_".length), value]] : [];
    });
    return Object.fromEntries(entries);
  }
});

describe("B31 a native command is told to run without the image", () => {
  const spec = specFor(fileWith(NATIVE, IMAGE), "");

  test("and has none", () => {
    assert.deepEqual([spec.native, spec.image], [true, undefined]);
  });

  test("and runs only where the relay's owner has listed the bundle", () => {
    assert.equal(admitted(spec, ["other"]), "native-not-allowed");
    assert.equal(admitted(spec, ["web"]), "admitted");
  });
});

describe("B08 without effect so far", () => {
  test("what waits for containers is passed on, and refused where there are none", () => {
    const lines =
      "    network: inner\n    mounts: [cache]\n    user: 1000:1000\n    limits: { memory: 1Gi, cpus: 2, pids: 5, tmp: 1Gi }\n";
    const spec = specFor(fileWith(lines, IMAGE), "");

    assert.deepEqual(
      [spec.image, spec.network, spec.mounts, spec.user, spec.limits.cpus],
      ["web:1", "inner", ["cache"], "1000:1000", 2],
    );
    assert.equal(admitted(spec, ["web"]), "no-runtime");
  });

  test("the rest changes nothing in what a relay is told", () => {
    const head = `config: [{ name: API_URL, required: true }]\ntemplates: { command: x }\n`;
    const lines = "    confirm: Really?\n    complete: {}\n    triggers: [{ match: now }]\n";
    const { bundleDigest: _plain, ...plain } = specFor(fileWith(NATIVE), "");

    const { bundleDigest: _full, ...full } = specFor(fileWith(NATIVE + lines, head), "");

    assert.deepEqual(full, plain);
  });
});

/** What a relay says that has no container engine and lets these bundles run natively. */
function admitted(spec: ExecutionSpec, nativeBundles: readonly string[]): string {
  const claims = { iss: "bot", aud: "relay", iat: 0, exp: 60 };
  const offer = { ...claims, version: 1, attempt: 1, spec } as const;
  const admission = admit(offer, 1000, {
    policy: DEFAULT_POLICY,
    isDraining: false,
    journalFault: undefined,
    tags: {},
    nativeBundles: [...nativeBundles],
    runtimes: ["native"],
    running: 0,
    capacity: 1,
  });
  return admission.admitted ? "admitted" : admission.code;
}
