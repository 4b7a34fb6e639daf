import assert from "node:assert/strict";
import fc from "fast-check";
import { describe, test } from "vitest";
import { tokenize } from "../../../bot/invocation/tokenize.ts";
import { RUNS } from "../rules/rule-facts.ts";

function wordsOf(text: string): string[] {
  const tokens = tokenize(text);
  assert.ok(tokens.ok, tokens.ok ? "" : tokens.problem.message);
  return tokens.words.map((word) => word.text);
}

describe("words are split", () => {
  test.each([
    ["", []],
    ["   ", []],
    ["a", ["a"]],
    ["a b", ["a", "b"]],
    ["  a \t b\nc  ", ["a", "b", "c"]],
    ["a\u00a0b\u3000c\u2028d\u0085e", ["a", "b", "c", "d", "e"]],
    ["a\u200bb", ["a\u200bb"]],
    ["1.10 007 TRUE", ["1.10", "007", "TRUE"]],
    ["don't", ["don't"]],
    ["don’t won’t", ["don’t", "won’t"]],
    [`5" pipe`, [`5"`, "pipe"]],
    ["a\\b", ["a\\b"]],
    ["a|b && c > d; $e", ["a|b", "&&", "c", ">", "d;", "$e"]],
    ["`x`", ["`x`"]],
    ["é 👍🏽", ["é", "👍🏽"]],
  ])("%j", (text, expected) => assert.deepEqual(wordsOf(text), expected));
});

describe("a quote opens at the start of a word, or after the = of an option", () => {
  test.each([
    ["'a b'", ["a b"]],
    ['"a b"', ["a b"]],
    ["“a b”", ["a b"]],
    ["‘a b’", ["a b"]],
    ["„a b“", ["a b"]],
    ['“a b"', ["a b"]],
    ["''", [""]],
    ['"" x', ["", "x"]],
    ["'a b'c", ["a bc"]],
    ["'a'\"b\"", ['a"b"']],
    ["a'b c'", ["a'b", "c'"]],
    [String.raw`'a\n\'`, [String.raw`a\n\ `.trim()]],
    [String.raw`"a\"b"`, ['a"b']],
    [String.raw`"a\\b"`, ["a\\b"]],
    [String.raw`"a\nb\tc"`, ["a\nb\tc"]],
    [String.raw`"a\d\'"`, [String.raw`a\d\'`]],
    [String.raw`"a\”b"`, ["a”b"]],
    ['"a\nb"', ["a\nb"]],
    ["--msg='a b'", ["--msg=a b"]],
    ['--msg="a b" c', ["--msg=a b", "c"]],
    ["--msg=“a b”", ["--msg=a b"]],
    ["—msg='a b'", ["--msg=a b"]],
    ["–m='a b'", ["-m=a b"]],
    ["-m='a b'", ["-m=a b"]],
    ["--msg=x'a b'", ["--msg=x'a", "b'"]],
    ["--msg=a='b c'", ["--msg=a='b", "c'"]],
    ["msg='a b'", ["msg='a", "b'"]],
    ['"--force"', ["--force"]],
    ["'—force'", ["--force"]],
  ])("%j", (text, expected) => assert.deepEqual(wordsOf(text), expected));
});

describe("a fenced code block is one word", () => {
  test.each([
    ["```a b```", ["a b"]],
    ["```\na b\n  c\n```", ["a b\n  c"]],
    ["x ```'a \" b``` y", ["x", "'a \" b", "y"]],
    ["```\\n```", ["\\n"]],
    ["``````", [""]],
    ["--body=```a b```", ["--body=a b"]],
    ["x```a b```", ["x```a", "b```"]],
  ])("%j", (text, expected) => assert.deepEqual(wordsOf(text), expected));
});

describe("long dashes are what phones make of hyphens", () => {
  test.each([
    ["—force", "--force"],
    ["—", "--"],
    ["—f", "--f"],
    ["–f", "-f"],
    ["–f=1", "-f=1"],
    ["–force", "--force"],
    ["–force=1", "--force=1"],
    ["–", "-"],
    ["–5", "-5"],
    ["–10.5", "-10.5"],
    ["--force", "--force"],
    ["a—b", "a—b"],
    ["x–", "x–"],
  ])("%s is %s", (text, expected) => assert.deepEqual(wordsOf(text), [expected]));
});

describe("what cannot be split says why and where", () => {
  test.each([
    ["a 'b c", "unclosed-quote", 2],
    ['"', "unclosed-quote", 0],
    ['a "b\\"', "unclosed-quote", 2],
    ["--m='x", "unclosed-quote", 4],
    ["'a' 'b", "unclosed-quote", 4],
    ["x ```a", "unclosed-block", 2],
    ["a \0b", "bad-character", 2],
    [`a ${"x".repeat(65_537)}`, "too-long", 2],
  ])("%j", (text, code, position) => {
    const tokens = tokenize(text);

    assert.ok(!tokens.ok);
    assert.deepEqual([tokens.problem.code, tokens.problem.position], [code, position]);
  });
});

test("a word knows where it was typed", () => {
  const tokens = tokenize("web:deploy  'a b' c", 10);

  assert.deepEqual(tokens, {
    ok: true,
    words: [
      { text: "a b", start: 12, end: 17 },
      { text: "c", start: 18, end: 19 },
    ],
  });
});

test("half of a surrogate pair becomes what the program would get", () => {
  assert.deepEqual(wordsOf("a\ud800"), ["a\ufffd"]);
});

test("a long text takes no longer than it should", () => {
  const start = performance.now();

  tokenize(`--${"a".repeat(30_000)}=${"=".repeat(30_000)} `.repeat(5));

  assert.ok(performance.now() - start < 1000);
});

describe("for every text", () => {
  const typed = fc.oneof(
    fc.string({ unit: "binary", maxLength: 40 }),
    fc
      .array(fc.constantFrom("a", " ", "'", '"', "“", "’", "\\", "=", "--", "—", "```", "\n", "n"))
      .map((parts) => parts.join("")),
  );

  test("nothing throws, and words stand in order where they were typed", () => {
    fc.assert(
      fc.property(typed, (text) => {
        const tokens = tokenize(text);
        if (!tokens.ok) {
          assert.ok(tokens.problem.position < text.length);
          return;
        }

        let last = 0;
        for (const { start, end } of tokens.words) {
          assert.ok(last <= start && start < end && end <= text.length);
          last = end;
        }
      }),
      RUNS,
    );
  });

  test("what is quoted comes out as it was", () => {
    const plain = fc.string({ maxLength: 20 }).filter((text) => !/^[—–]/.test(text));
    fc.assert(
      fc.property(fc.array(plain, { maxLength: 5 }), (words) => {
        const quoted = words.map((word) => `"${word.replace(/["\\]/g, "\\$&")}"`);

        assert.deepEqual(wordsOf(quoted.join(" ")), words);
      }),
      RUNS,
    );
  });
});
