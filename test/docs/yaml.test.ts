import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { afterAll, describe, test } from "vitest";
import { warningsOf } from "../../bot/bundles/lint.ts";
import { loadBundle } from "../../bot/bundles/load.ts";
import { printBundleError } from "../../bot/bundles/problem.ts";
import { BOT_KEYS, RELAY_SECTIONS } from "../../bot/config.ts";
import { BOT_SECTIONS, RELAY_KEYS } from "../../relay/config.ts";
import { loadPolicy } from "../../relay/policy/load.ts";
import { loadConfig } from "../../relay/process/config.ts";
import type { ConfigKey } from "../../relay/process/config-keys.ts";
import { packageRoot } from "../../relay/process/package-root.ts";
import { readPages } from "./markdown.ts";

const folder = mkdtempSync(join(tmpdir(), "aldis-docs-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const yamlBlocks = readPages().flatMap(({ path, blocks }) =>
  blocks
    .filter(({ language }) => language === "yaml")
    .map(({ text, line }) => ({ place: `${path}:${line}`, text })),
);
const example = readFileSync(join(packageRoot(), "config/aldis.example.yaml"), "utf8");

describe.each(yamlBlocks)("the block at $place", ({ text, place }) => {
  test("is a bundle without errors or warnings, a relay's policy, or a configuration", () => {
    const said = saidOf(text);

    assert.deepEqual(said, []);
  });

  function saidOf(source: string): readonly string[] {
    if (/^(aldis|gort)_bundle_version:/m.test(source)) return bundle(source);
    if (/^aldis_relay_policy_version:/m.test(source)) return policy(source);
    return configuration(source);
  }

  function policy(source: string): readonly string[] {
    const loaded = loadPolicy(source, place);
    return loaded.ok ? [] : loaded.errors;
  }

  function bundle(source: string): string[] {
    const loaded = loadBundle(source, place);
    return (loaded.ok ? warningsOf(loaded) : loaded.errors).map(printBundleError);
  }
});

describe("config/aldis.example.yaml", () => {
  test("is taken by both programs as it stands", () => {
    assert.deepEqual(configuration(example), []);
  });

  test("is taken with everything that is commented out", () => {
    assert.notEqual(uncommented(), example);
    assert.deepEqual(configuration(uncommented()), []);
  });

  test("has every setting but those of adapters that are not built", () => {
    const written = new Set([...load(BOT_KEYS).written, ...load(RELAY_KEYS).written]);
    const missing = [...BOT_KEYS, ...RELAY_KEYS]
      .map(({ path }) => path)
      .filter((path) => !/^(slack|discord)\./.test(path) && !written.has(path));

    assert.deepEqual(missing, []);
  });

  test("shows defaults as they are", () => {
    const ofThisMachine = ["data_dir", "relay.native", "relay.capacity"];
    const others = [BOT_KEYS, RELAY_KEYS].flatMap((keys) => load(keys).others);

    assert.deepEqual(
      others.filter((path) => !ofThisMachine.includes(path)),
      [],
    );
  });

  test("would not be taken with a key that nobody knows", () => {
    const said = configuration(`${example}\nrelais: {}\nrelay_native: [demo]\n`);

    assert.ok(said.some((line) => line.includes('unknown key "relay_native"')));
  });

  /** Paths that the file sets, and those that it sets to something else than their default. */
  function load(keys: readonly ConfigKey[]): { written: string[]; others: string[] } {
    const loaded = loadConfig(keys, options(uncommented(), elsewhereOf(keys)));
    if (!loaded.ok) throw new Error(loaded.errors.join("\n"));
    const written = keys.filter(({ path }) => loaded.sources[path]?.includes(".yaml:"));
    const others = written.filter(
      ({ path, default: usual }) =>
        usual !== undefined && !isDeepStrictEqual(loaded.written[path], usual),
    );
    return { written: written.map(({ path }) => path), others: others.map(({ path }) => path) };
  }
});

function uncommented(): string {
  return example.replaceAll(/^( *)# ( *[a-z_]+:( .*)?)$/gm, "$1$2");
}

/** What either program says to this file. */
function configuration(text: string): string[] {
  return [BOT_KEYS, RELAY_KEYS].flatMap((keys: readonly ConfigKey[]) => {
    const loaded = loadConfig(keys, options(text, elsewhereOf(keys)));
    return loaded.ok ? [] : loaded.errors;
  });
}

function elsewhereOf(keys: readonly ConfigKey[]): readonly string[] {
  return keys === BOT_KEYS ? RELAY_SECTIONS : BOT_SECTIONS;
}

function options(text: string, elsewhere: readonly string[]) {
  const configPath = join(folder, "example.yaml");
  writeFileSync(configPath, text);
  // What the file refers to.
  const env = { DATABASE_PASSWORD: "one", DATABASE_OWNER_PASSWORD: "other" };
  return { configPath, env, cwd: folder, elsewhere };
}
