import assert from "node:assert/strict";
import { test } from "vitest";
import { parseWords } from "../../../bot/invocation/parse.ts";
import type { Grammar } from "../../../bot/invocation/parsed-words.ts";
import { tokenize } from "../../../bot/invocation/tokenize.ts";
import { compareNumbers } from "../../../bot/rules/compare.ts";

const tags = {
  name: "tags",
  type: "list",
  description: "",
  required: false,
  secret: false,
} as const;
const GRAMMAR: Grammar = { declaresOptions: true, options: { tags }, arguments: [] };

function parse(text: string) {
  const tokens = tokenize(text);
  assert.ok(tokens.ok);
  const read = parseWords(GRAMMAR, tokens.words, text.length);
  assert.ok(read.ok);
  return read.parsed;
}

test("half a million words after the terminator are arguments", () => {
  const parsed = parse(`-- ${"a ".repeat(500_000)}`);

  assert.equal(parsed.arguments?.length, 500_000);
});

test("a list may be given often, and keeps its order", { timeout: 10_000 }, () => {
  const parsed = parse(
    Array.from({ length: 100_000 }, (_, index) => `--tags=${index},x`).join(" "),
  );

  const values = parsed.options.tags ?? [];
  assert.equal(values.length, 200_000);
  assert.deepEqual([values[0], values[1], values.at(-2)], ["0", "x", "99999"]);
});

test("a list that is long in one word is taken whole", () => {
  const parsed = parse(`--tags=${"a,".repeat(30_000)}`);

  assert.equal(parsed.options.tags?.length, 30_001);
});

test("a number is compared exactly, however many zeros it has", { timeout: 2_000 }, () => {
  const zeros = "0".repeat(200_000);

  assert.ok(compareNumbers(`0.${zeros}1`, `0.${zeros}`) > 0);
  assert.equal(compareNumbers(`1.5${zeros}`, "1.5"), 0);
});
