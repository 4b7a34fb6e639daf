import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import fc from "fast-check";
import { describe, test } from "vitest";
import { parse } from "yaml";
import { parseSource } from "../../../bot/bundles/document.ts";
import { bundleJsonSchema } from "../../../bot/bundles/json-schema.ts";
import { loadBundle } from "../../../bot/bundles/load.ts";
import { packageRoot } from "../../../relay/process/package-root.ts";
import { readPages } from "../../docs/markdown.ts";
import { bundleFiles, leavesOf, withLeaf } from "./bundle-arbitraries.ts";
import { EVERY_KEY } from "./every-key.ts";

const schema = bundleJsonSchema();
const isValid = new Ajv2020({
  strict: true,
  allowUnionTypes: true,
  strictRequired: false,
}).compile(schema);

function contentOf(text: string): unknown {
  const parsed = parseSource(text);
  assert.ok(parsed.ok);
  return parsed.document.content;
}

function assertValid(content: unknown): void {
  assert.ok(isValid(content), JSON.stringify(isValid.errors));
}

describe("accepts", () => {
  const files = ["bundles/*.yaml", "test/bot/bundles/gort/*.yaml"].flatMap((pattern) =>
    globSync(pattern, { cwd: packageRoot() }),
  );
  test.each(files)("%s", (file) => {
    assertValid(contentOf(readFileSync(join(packageRoot(), file), "utf8")));
  });

  const blocks = readPages().flatMap(({ path, blocks }) =>
    blocks
      .filter(({ text }) => /^(aldis|gort)_bundle_version:/m.test(text))
      .map(({ text, line }) => ({ place: `${path}:${line}`, text })),
  );
  test.each(blocks)("the bundle at $place", ({ text }) => {
    assertValid(contentOf(text));
  });

  test("a file that uses every key", () => {
    assertValid(parse(EVERY_KEY));
    assert.ok(loadBundle(EVERY_KEY, "web.yaml").ok);
  });
});

test("says what every key is for", () => {
  const silent = keysOf(schema).filter(({ described }) => !described);

  assert.deepEqual(silent, []);
});

describe("agrees with the loader", () => {
  test("what the loader accepts, it accepts", () => {
    let accepted = 0;
    fc.assert(
      fc.property(bundleFiles, (file) => {
        if (!loadBundle(JSON.stringify(file), "web.yaml").ok) return;
        accepted++;

        assertValid(file);
      }),
    );

    assert.ok(accepted > 50, `only ${accepted} were accepted`);
  });

  test("what it refuses after one change, the loader refuses", () => {
    let refused = 0;
    const strange = fc.constantFrom<unknown>(
      null,
      17,
      -1,
      0.5,
      true,
      "",
      "UP",
      [],
      [[]],
      {},
      { x: 1 },
    );
    const cases = bundleFiles.chain((file) =>
      fc.record({
        file: fc.constant(file),
        path: fc.constantFrom(...leavesOf(file)),
        value: strange,
        asNewKey: fc.boolean(),
      }),
    );
    fc.assert(
      fc.property(cases, ({ file, path, value, asNewKey }) => {
        const place = asNewKey ? [...path.slice(0, -1), "nosuch"] : path;
        const changed = withLeaf(file, place, value);
        if (isValid(changed)) return;
        refused++;

        assert.ok(!loadBundle(JSON.stringify(changed), "web.yaml").ok, place.join("."));
      }),
      { numRuns: 300 },
    );

    assert.ok(refused > 60, `only ${refused} were refused`);
  });

  test.each([
    ["neither Aldis's nor Gort's", "aldis_bundle_version: 1", ""],
    ["both", "aldis_bundle_version: 1", "aldis_bundle_version: 1\ngort_bundle_version: 1"],
    ["a misspelt key", "executable:", "executabel:"],
    ["a duration without a unit", "timeout: 5m", "timeout: 5"],
    ["a user who is not uid:gid", "1000:1000", "root"],
    ["a type that there is not", "type: string", "type: text"],
  ])("refuses a file that is %s", (_what, before, after) => {
    const text = EVERY_KEY.replace(before, after);

    assert.notEqual(text, EVERY_KEY);
    assert.ok(!isValid(parse(text)));
    assert.ok(!loadBundle(text, "web.yaml").ok);
  });
});

/** Every key that the schema lists, and whether an editor has something to show for it. */
function keysOf(part: unknown, path = ""): { path: string; described: boolean }[] {
  if (typeof part !== "object" || part === null) return [];
  return Object.entries(part).flatMap(([name, inner]) => {
    if (name !== "properties") return keysOf(inner, `${path}/${name}`);
    const keys: [string, unknown][] = Object.entries(inner);
    return keys.flatMap(([key, value]) => [
      { path: `${path}/${key}`, described: Object(value).description !== undefined },
      ...keysOf(value, `${path}/${key}`),
    ]);
  });
}
