import assert from "node:assert/strict";
import fc from "fast-check";
import { describe, test, vi } from "vitest";
import { canonicalJson, digestOf } from "../../../bot/bundles/digest.ts";
import { RUNS, RUNS_TIMEOUT_MS } from "../rules/rule-facts.ts";

vi.setConfig({ testTimeout: RUNS_TIMEOUT_MS });

describe("B06 canonical JSON", () => {
  test.each([
    [null, "null"],
    ["a\n", '"a\\n"'],
    [1.5, "1.5"],
    [[1, [2]], "[1,[2]]"],
    [{ b: 1, a: [{ d: true, c: null }] }, '{"a":[{"c":null,"d":true}],"b":1}'],
    [{ "10": 1, "9": 2, Z: 3, a: 4, é: 5 }, '{"10":1,"9":2,"Z":3,"a":4,"é":5}'],
    [{ a: undefined, b: 1 }, '{"b":1}'],
  ])("%j", (value, expected) => assert.equal(canonicalJson(value), expected));

  test("means the same, and does not depend on the order of keys", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
        const reversed = Object.fromEntries(Object.entries(value).reverse());

        assert.equal(canonicalJson(reversed), canonicalJson(value));
        assert.deepEqual(JSON.parse(canonicalJson(value)), JSON.parse(JSON.stringify(value)));
      }),
      RUNS,
    );
  });
});

test("the digest is that of the canonical JSON", () => {
  const empty = "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";

  assert.equal(digestOf({}), empty);
});
