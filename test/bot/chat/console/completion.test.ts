import assert from "node:assert/strict";
import { test } from "vitest";
import { completionsOf } from "../../../../bot/chat/console/completion.ts";

const NAMES = ["!demo:echo", "!demo:env", "!echo", "!help", "!web:echo"];

const CASES: [typed: string, completions: readonly string[]][] = [
  ["", NAMES],
  ["!", NAMES],
  ["!he", ["!help "]],
  ["!demo:e", ["!demo:echo", "!demo:env"]],
  ["he", ["help "]],
  ["demo:en", ["demo:env "]],
  ["!nosuch", []],
  ["!echo ", []],
  ["!echo he", []],
  ["HE", []],
];
for (const [typed, completions] of CASES) {
  test(`${JSON.stringify(typed)} completes to ${JSON.stringify(completions)}`, () => {
    assert.deepEqual(completionsOf(typed, NAMES), completions);
  });
}
