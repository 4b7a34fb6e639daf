import assert from "node:assert/strict";
import fc from "fast-check";
import { describe, test } from "vitest";
import {
  anyRelay,
  matches,
  mergeSelectors,
  parseSelector,
  preference,
  printSelector,
  Selector,
} from "../../../relay/wire/selector.ts";

const RUNS = { numRuns: Number(process.env.ALDIS_TEST_RUNS ?? 10_000) };

function selectorOf(text: string): Selector {
  const parsed = parseSelector(text);
  assert.ok(parsed.ok, parsed.ok ? "" : parsed.message);
  return parsed.selector;
}

describe("a relay in the EU, a deployer, drained: no", () => {
  const tags = { region: "eu", role: "deployer", drained: "false", zone: "" };
  test.each([
    ["", true],
    ["region=eu", true],
    ["region=us", false],
    ["region=EU", false],
    ["region in (eu us)", true],
    ["region in (us ap)", false],
    ["region in ()", false],
    ["region=eu,role=deployer", true],
    ["region=eu,role=tester", false],
    ["!drained=true", true],
    ["!drained=false", false],
    ["!drained in (maybe true)", true],
    ["!missing=x", true],
    ["missing=x", false],
    ["region", true],
    ["missing", false],
    ["zone", true],
    ['zone=""', true],
    ["!zone", false],
    ["!missing", true],
    ["!constructor", true],
    ["!missing,missing", false],
    ["~region=us", true],
    ["constructor", false],
    ["constructor=x", false],
    ["!constructor=x", true],
    ["region=eu,!drained=true,role", true],
    ["region=eu,region=us", false],
    ["region in (eu us),region in (us eu)", true],
  ])("%j: %s", (text, expected) => assert.equal(matches(selectorOf(text), tags), expected));
});

describe("the text form", () => {
  test.each([
    ["", ""],
    ["  ", ""],
    ["a=b", "a=b"],
    ["c=d,!f=g,!e=g,a=b", "a=b,c=d,!e=g,!f=g"],
    [" a = b , c = d ", "a=b,c=d"],
    ["a in (b c)", "a in (b c)"],
    ["a in(b)", "a=b"],
    ["a in ( b  c )", "a in (b c)"],
    ["!a=b", "!a=b"],
    ["! a in (b c)", "!a in (b c)"],
    ["k,a=b", "a=b,k"],
    ["!k", "!k"],
    ["! k , !k=v", "!k=v,!k"],
    ["~a=b,c=d", "c=d,~a=b"],
    ["~ a in (b c)", "~a in (b c)"],
    ["in=x", "in=x"],
    ["!in", "!in"],
    ["in in (x)", "in=x"],
    ["index=1", "index=1"],
    ['a="b c"', 'a="b c"'],
    ['a="b,c"', 'a="b,c"'],
    ['a="plain"', "a=plain"],
    [String.raw`a="\"\\"`, String.raw`a="\"\\"`],
    ["k8s.io/role=x", "k8s.io/role=x"],
    ["a=1.2-3_4:5@6+7/8", "a=1.2-3_4:5@6+7/8"],
    ["!a=b,!a=c", "!a in (b c)"],
  ])("%j reads as %j", (text, expected) => assert.equal(printSelector(selectorOf(text)), expected));

  test.each([
    [",", 0, "a tag name is missing here"],
    ["a=b,", 4, "a tag name is missing here"],
    ["=b", 0, "a tag name is missing here"],
    ["a=", 2, "a value for a is missing here"],
    ["a in b", 5, "values for a are written as (one two)"],
    ["a in (b", 7, "values for a are written as (one two)"],
    ["a in (b,c)", 7, "values for a are written as (one two)"],
    ["~a", 2, "write ~a=value; a tag alone is not preferred"],
    ["!~a=b", 1, "a tag name is missing here"],
    ["b,a!=c", 3, "write !a=value for what is not wanted"],
    ["a b", 2, "a comma is missing here"],
    ['a="b', 2, "a value for a is missing here"],
    [String.raw`a="\q"`, 6, "a value for a is missing here"],
    ["__proto__=x", 0, "a tag name is missing here"],
  ])("%j is refused at %s", (text, position, message) => {
    assert.deepEqual(parseSelector(text), { ok: false, message, position });
  });
});

describe("the data form", () => {
  test("takes one value or several, and knows what may be left out", () => {
    const selector = Selector.parse({ tags: { region: ["eu", "us"], role: "deployer" } });

    assert.deepEqual(selector, {
      ...anyRelay(),
      tags: { region: ["eu", "us"], role: ["deployer"] },
    });
    assert.deepEqual(Selector.parse(selector), selector);
  });

  test.each([
    { tags: { "": "x" } },
    { tags: { "a b": "x" } },
    { tags: { a: 1 } },
    { tags: { a: "x".repeat(256) } },
    { exists: ["!"] },
    { absent: ["!"] },
    { not: [] },
  ])("refuses %j", (data) => assert.ok(!Selector.safeParse(data).success));
});

test("preference counts the preferred tags a relay has", () => {
  const selector = Selector.parse({ preferred: { region: ["eu", "us"], disk: "ssd" } });

  assert.equal(preference(selector, { region: "eu", disk: "ssd" }), 2);
  assert.equal(preference(selector, { region: "us", disk: "hdd" }), 1);
  assert.equal(preference(selector, {}), 0);
});

const name = fc.constantFrom("a", "b", "in", "k8s.io/x");
const value = fc.oneof(fc.constantFrom("x", "y", "z", "in", ""), fc.string({ maxLength: 8 }));
const values = fc.dictionary(name, fc.uniqueArray(value, { maxLength: 3 }), {
  noNullPrototype: true,
});
const names = fc.uniqueArray(name);
const selectors = fc.record(
  {
    tags: values,
    not: values,
    exists: names,
    absent: fc.uniqueArray(name, { minLength: 1 }),
    preferred: values,
  },
  { noNullPrototype: true, requiredKeys: ["tags", "not", "exists", "preferred"] },
);
const relays = fc.dictionary(name, value, { noNullPrototype: true });

test("a printed selector reads back as the same selector", () => {
  fc.assert(
    fc.property(selectors, (selector) => {
      assert.deepEqual(selectorOf(printSelector(selector)), selector);
    }),
    RUNS,
  );
});

test("a merged selector matches what both match", () => {
  fc.assert(
    fc.property(selectors, selectors, relays, (first, second, tags) => {
      const both = matches(first, tags) && matches(second, tags);

      assert.equal(matches(mergeSelectors(first, second), tags), both);
    }),
    RUNS,
  );
});

test("merging keeps what either alone is, and does not hang on the order but in what is preferred", () => {
  fc.assert(
    fc.property(selectors, selectors, relays, (first, second, tags) => {
      const [there, back] = [mergeSelectors(first, second), mergeSelectors(second, first)];

      assert.equal(matches(there, tags), matches(back, tags));
      assert.deepEqual(mergeSelectors(anyRelay(), first), first);
      assert.deepEqual(mergeSelectors(first, anyRelay()), first);
    }),
    RUNS,
  );
});

test("a merged selector has a text, which reads back as the same", () => {
  fc.assert(
    fc.property(selectors, selectors, (first, second) => {
      const merged = mergeSelectors(first, second);

      assert.deepEqual(Selector.parse(merged), merged);
      assert.deepEqual(selectorOf(printSelector(merged)), merged);
    }),
    RUNS,
  );
});

test("no text makes the parser throw", () => {
  const typed = fc.oneof(
    fc.string({ unit: "binary" }),
    fc
      .array(fc.constantFrom("a", "=", ",", "!", "~", " in ", "(", ")", '"', "\\", " "))
      .map((p) => p.join("")),
  );
  fc.assert(
    fc.property(typed, (text) => {
      parseSelector(text);
    }),
    RUNS,
  );
});
