import assert from "node:assert/strict";
import { describe, test } from "vitest";
import type { Bundle } from "../../../bot/bundles/bundle.ts";
import { loadBundle } from "../../../bot/bundles/load.ts";
import {
  OFFLINE_CODES,
  type OfflineCode,
  type OfflineError,
  readOffline,
} from "../../../bot/invocation/offline.ts";
import { type LineValues, lineValues } from "../../../bot/invocation/offline-values.ts";

const web = bundleOf(`
name: web
commands:
  deploy:
    executable: [deploy]
    options:
      force: { type: bool, short: f }
      quick: { type: bool, default: true }
      count: { type: int, default: 3 }
      ratio: { type: float }
      tags: { type: list }
      env: { type: enum, choices: [staging, prod] }
      ttl: { type: duration }
    arguments: [{ name: where, required: true, choices: [eu, us] }]
  strict: { executable: [strict], options: { id: { required: true } } }
  loose: { executable: [loose] }
  status: { executable: [status], options: {} }
`);
const db = bundleOf(`
name: db
commands:
  status: { executable: [status], options: {} }
`);

function bundleOf(text: string): Bundle {
  const head = "aldis_bundle_version: 1\nversion: 1.0.0\nimage: a:1";
  const loaded = loadBundle(head + text, "test.yaml");
  assert.ok(loaded.ok, JSON.stringify(loaded));
  return loaded.bundle;
}

function read(text: string, ...bundles: readonly Bundle[]): LineValues {
  const found = readOffline(text, new Map(bundles.map((bundle) => [bundle.name, bundle])));
  assert.ok(found.ok, JSON.stringify(found));
  return lineValues(found.line);
}

function faultOf(text: string, ...bundles: readonly Bundle[]): OfflineError {
  const found = readOffline(text, new Map(bundles.map((bundle) => [bundle.name, bundle])));
  assert.ok(!found.ok, `${text} is read`);
  return found.error;
}

describe("with bundles", () => {
  test("a command is found by either name, however the bot is spoken to", () => {
    const texts = ["!web:deploy eu", "deploy eu", "@aldis: !deploy eu", "/aldis web:deploy eu"];

    for (const text of texts) {
      const { bundle, command, argv } = read(text, web, db);
      assert.deepEqual(
        { bundle, command, argv },
        { bundle: "web", command: "deploy", argv: ["eu"] },
      );
    }
  });

  test("values have the type that is declared, defaults and flags not given among them", () => {
    const none = read("deploy eu", web);
    const all = read("deploy eu -f --count 7 --ratio=1.10 --tags a,b --env prod --ttl 5m", web);

    assert.deepEqual(none.options, { force: false, quick: true, count: 3 });
    assert.deepEqual(all.options, {
      force: true,
      quick: true,
      count: 7,
      ratio: 1.1,
      tags: ["a", "b"],
      env: "prod",
      ttl: "5m",
    });
  });

  test("a number that JSON would change stays text", () => {
    const { options } = read("deploy eu --count 12345678901234567890", web);

    assert.equal(options.count, "12345678901234567890");
  });

  test("a command that declares no options is read in every way", () => {
    const { bundle, options } = read("loose --name value", web);

    assert.equal(bundle, "web");
    assert.deepEqual(options, { name: null });
  });
});

describe("without a bundle", () => {
  test("a short name has no bundle, and a full one the bundle that it names", () => {
    assert.equal(read("!deploy eu").bundle, null);
    assert.equal(read("!web:deploy eu").bundle, "web");
  });

  test("values stay text but for a flag that is certain; what is not certain is null", () => {
    const { options, arguments: words, argv } = read("x --a=1 --b=true --c —force");

    assert.deepEqual(options, { a: "1", b: "true", c: null, force: null });
    assert.deepEqual(read("x --a=1 —force").options, { a: "1", force: true });
    assert.deepEqual(words, []);
    assert.deepEqual(argv, ["--a=1", "--b=true", "--c", "--force"]);
    assert.deepEqual(read("x one --c two").arguments, ["one", null, null]);
  });

  test("a text that says true is not taken for a flag", () => {
    assert.deepEqual(read("x --force=true").options, { force: "true" });
    assert.deepEqual(read("x -f").options, { f: true });
  });
});

const faults: Readonly<Record<OfflineCode, readonly [text: string, position: number, RegExp]>> = {
  empty: ["  @aldis ", 9, /no command is named/],
  "not-a-command": [" !42 eu", 2, /"42" is not the name of a command/],
  "unknown-command": ["!web:deplyo eu", 1, /no command web:deplyo; did you mean web:deploy\?/],
  ambiguous: ["!status", 1, /several bundles have status: say db:status or web:status/],
  "unclosed-quote": ['deploy "eu', 7, /never closed/],
  "unclosed-block": ["deploy ```eu", 7, /never closed/],
  "bad-character": ["deploy e\0", 7, /NUL/],
  "too-long": [`deploy ${"a".repeat(70_000)}`, 7, /64 KiB/],
  "unknown-option": ["deploy eu --forse", 10, /did you mean --force\?/],
  "repeated-option": ["deploy eu -f --force", 13, /twice/],
  "missing-value": ["deploy eu --count", 10, /needs a value/],
  "unexpected-value": ["deploy eu -f=yes", 10, /--force=value/],
  "bad-value": ["deploy eu --count many", 18, /whole number/],
  "missing-option": ["strict", 6, /--id is missing/],
  "missing-argument": ["deploy", 6, /where is missing/],
  "bad-argument": ["deploy asia", 7, /is one of eu, us/],
};

test("every code is one that a line can have, with its place in the line", () => {
  assert.deepEqual(Object.keys(faults), Object.keys(OFFLINE_CODES));
  for (const [code, [text, position, message]] of Object.entries(faults)) {
    const fault = faultOf(text, web, db);
    assert.equal(fault.code, code);
    assert.equal(fault.position, position, text.slice(0, 80));
    assert.match(fault.message, message);
  }
});

test("a place is counted in UTF-16 units", () => {
  assert.equal(faultOf("deploy --tags 😀 eu --forse", web).position, 20);
});

test("a name that nothing comes near to is told what there is", () => {
  assert.match(faultOf("!zebra", web, db).message, /no command zebra; the bundles are db, web/);
});
