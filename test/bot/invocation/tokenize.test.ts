import assert from "node:assert/strict";
import fc from "fast-check";
import { describe, test, vi } from "vitest";
import { tokenize } from "../../../bot/invocation/tokenize.ts";
import { RUNS, RUNS_TIMEOUT_MS } from "../rules/rule-facts.ts";

vi.setConfig({ testTimeout: RUNS_TIMEOUT_MS });

function wordsOf(text: string): string[] {
  const tokens = tokenize(text);
  assert.ok(tokens.ok, tokens.ok ? "" : tokens.problem.message);
  return tokens.words.map((word) => word.text);
}

type Row = readonly [text: string, words: readonly string[]];

function specify(rows: readonly Row[]): void {
  test.each(rows)("%j: %j", (text, expected) => assert.deepEqual(wordsOf(text), expected));
}

describe("L20 words are split at Unicode white space", () => {
  specify([
    ["", []],
    ["   ", []],
    ["a", ["a"]],
    ["a b", ["a", "b"]],
    ["  a \t b\nc  ", ["a", "b", "c"]],
    ["a\u00a0b\u3000c\u2028d\u0085e", ["a", "b", "c", "d", "e"]],
    ["a\u200bb", ["a\u200bb"]],
    ["é 👍🏽", ["é", "👍🏽"]],
  ]);
});

describe("L21 a quote opens at the start of a word, or after the = of an option", () => {
  specify([
    ["'a b'", ["a b"]],
    ['"a b"', ["a b"]],
    ["''", [""]],
    ['"" x', ["", "x"]],
    ["--msg='a b'", ["--msg=a b"]],
    ['--msg="a b" c', ["--msg=a b", "c"]],
    ["—msg='a b'", ["--msg=a b"]],
    ["–m='a b'", ["-m=a b"]],
    ["-m='a b'", ["-m=a b"]],
    ["don't", ["don't"]],
    ["don’t won’t", ["don’t", "won’t"]],
    [`5" pipe`, [`5"`, "pipe"]],
    ["a'b c'", ["a'b", "c'"]],
    ["--msg=x'a b'", ["--msg=x'a", "b'"]],
    ["--msg=a='b c'", ["--msg=a='b", "c'"]],
    ["msg='a b'", ["msg='a", "b'"]],
  ]);
});

describe("L22 between single quotes every character stands for itself", () => {
  specify([
    [String.raw`'a\n\'`, [String.raw`a\n\ `.trim()]],
    [`'a"b'`, ['a"b']],
    ["'a\nb'", ["a\nb"]],
    ["'$x | y'", ["$x | y"]],
  ]);
});

describe("L23 between double quotes there are four escapes", () => {
  specify([
    [String.raw`"a\"b"`, ['a"b']],
    [String.raw`"a\\b"`, ["a\\b"]],
    [String.raw`"a\nb\tc"`, ["a\nb\tc"]],
    [String.raw`"a\d\'"`, [String.raw`a\d\'`]],
    [String.raw`"a\”b"`, ["a”b"]],
    ['"a\nb"', ["a\nb"]],
  ]);
});

describe("L24 typographic quotes count as the plain ones", () => {
  specify([
    ["“a b”", ["a b"]],
    ["‘a b’", ["a b"]],
    ["„a b“", ["a b"]],
    ["‚a b‘", ["a b"]],
    ['“a b"', ["a b"]],
    ["--msg=“a b”", ["--msg=a b"]],
    [String.raw`“a\nb”`, ["a\nb"]],
    [String.raw`‘a\nb’`, [String.raw`a\nb`]],
  ]);
});

describe("L25 what follows a closing quote belongs to the same word", () => {
  specify([
    ["'a b'c", ["a bc"]],
    ["'a'\"b\"", ['a"b"']],
    ["'a' b", ["a", "b"]],
    ["--x='a'b", ["--x=ab"]],
  ]);
});

describe("L26 a fenced code block is one word", () => {
  specify([
    ["```a b```", ["a b"]],
    ["```\na b\n  c\n```", ["a b\n  c"]],
    ["```\r\na\r\n```", ["a"]],
    ["```\n\na\n\n```", ["\na\n"]],
    ["x ```'a \" b``` y", ["x", "'a \" b", "y"]],
    ["```\\n```", ["\\n"]],
    ["``````", [""]],
    ["--body=```a b```", ["--body=a b"]],
    ["x```a b```", ["x```a", "b```"]],
    ["`x`", ["`x`"]],
  ]);
});

describe("L28 quoting never changes what a word is", () => {
  specify([
    ['"--force"', ["--force"]],
    ["'—force'", ["--force"]],
    ["'--' x", ["--", "x"]],
    ["'-f'", ["-f"]],
  ]);
});

describe("L29 long dashes are what phones make of hyphens", () => {
  specify([
    ["—force", ["--force"]],
    ["—", ["--"]],
    ["—f", ["--f"]],
    ["–f", ["-f"]],
    ["–f=1", ["-f=1"]],
    ["–é", ["-é"]],
    ["–force", ["--force"]],
    ["–force=1", ["--force=1"]],
    ["–", ["-"]],
    ["–5", ["-5"]],
    ["–10.5", ["-10.5"]],
    ["–5m", ["--5m"]],
    ["--force", ["--force"]],
    ["a—b", ["a—b"]],
    ["x–", ["x–"]],
    ["--x=—y", ["--x=—y"]],
  ]);
});

describe("L30 words stay as typed", () => {
  specify([
    ["1.10 007 TRUE", ["1.10", "007", "TRUE"]],
    ["a\\b", ["a\\b"]],
    ["1e3 0x10 +5", ["1e3", "0x10", "+5"]],
  ]);
});

describe("L31 no shell reads the line", () => {
  specify([
    ["a|b && c > d; $e", ["a|b", "&&", "c", ">", "d;", "$e"]],
    ["*.log ~ $(id) `id`", ["*.log", "~", "$(id)", "`id`"]],
    ["a # b", ["a", "#", "b"]],
  ]);
});

describe("what cannot be split says why and where", () => {
  test.each([
    ["L27 a quote", "a 'b c", "unclosed-quote", 2],
    ["L27 a quote", '"', "unclosed-quote", 0],
    ["L27 a quote", 'a "b\\"', "unclosed-quote", 2],
    ["L27 a quote", "--m='x", "unclosed-quote", 4],
    ["L27 a quote", "'a' 'b", "unclosed-quote", 4],
    ["L27 a quote", "“a b", "unclosed-quote", 0],
    ["L27 a block", "x ```a", "unclosed-block", 2],
    ["L32 NUL", "a \0b", "bad-character", 2],
    ["L32 NUL", "'a\0'", "bad-character", 0],
    ["L32 a long word", `a ${"x".repeat(65_537)}`, "too-long", 2],
    ["L32 a long word in bytes", "é".repeat(32_769), "too-long", 0],
  ])("%s: %.40j", (_what, text, code, position) => {
    const tokens = tokenize(text);

    assert.ok(!tokens.ok);
    assert.deepEqual([tokens.problem.code, tokens.problem.position], [code, position]);
  });

  test("L27 the answer says where the quote opened, and repeats nothing", () => {
    const tokens = tokenize("a 'b c");

    assert.ok(!tokens.ok);
    assert.equal(tokens.problem.message, "the quote at character 3 is never closed");
  });
});

test.each([
  ["–1e5", "-1e5"],
  ["–1.5", "-1.5"],
  ["–1x", "--1x"],
])("L29 a middle dash before a number is a hyphen: %s", (text, expected) => {
  assert.deepEqual(wordsOf(text), [expected]);
});

test("L32 a word of 64 KiB is taken", () => {
  assert.deepEqual(wordsOf("é".repeat(32_768)), ["é".repeat(32_768)]);
});

test("L83 a word knows where it was typed", () => {
  const tokens = tokenize("web:deploy  'a b' c", 10);

  assert.deepEqual(tokens, {
    ok: true,
    words: [
      { text: "a b", start: 12, end: 17 },
      { text: "c", start: 18, end: 19 },
    ],
  });
});

test("L32 half of a surrogate pair becomes what the program would get", () => {
  assert.deepEqual(wordsOf("a\ud800"), ["a\ufffd"]);
});

describe("for every text", () => {
  const typed = fc.oneof(
    fc.string({ unit: "binary", maxLength: 40 }),
    fc
      .array(fc.constantFrom("a", " ", "'", '"', "“", "’", "\\", "=", "--", "—", "```", "\n", "n"))
      .map((parts) => parts.join("")),
  );

  test("L82 nothing throws, and words stand in order where they were typed", () => {
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

  test("L23 what is quoted comes out as it was", () => {
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
