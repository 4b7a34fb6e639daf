import assert from "node:assert/strict";
import { test } from "vitest";
import { createTail } from "../../../../bot/chat/live/tail.ts";

function tailOf(text: string, limits = { characters: 20, lines: 3 }) {
  const tail = createTail(limits);
  tail.write("stdout", Buffer.from(text));
  tail.end();
  return { text: tail.text(), isCut: tail.isCut() };
}

test.each([
  ["what fits is kept whole", "a\nb\nc\n", "a\nb\nc", false],
  ["only the last lines are kept", "a\nb\nc\nd\n", "b\nc\nd", true],
  [
    "long lines are cut before a line, if one begins soon",
    "0123456789\nabcdefghijklmn",
    "abcdefghijklmn",
    true,
  ],
  [
    "a line that is longer than all is cut within",
    "0123456789abcdefghijklmnopq",
    "789abcdefghijklmnopq",
    true,
  ],
  ["no half of a character is left", `${"😀".repeat(11)}`, "😀".repeat(10), true],
  ["nothing is nothing", "", "", false],
])("%s", (_, text, kept, isCut) => {
  assert.deepEqual(tailOf(text), { text: kept, isCut });
});

test("stays short however much is written", () => {
  const tail = createTail({ characters: 20, lines: 3 });
  for (let at = 0; at < 1_000; at++) tail.write("stdout", Buffer.from(`line ${at}\n`));

  const text = tail.text();

  assert.equal(text, "line 998\nline 999");
  assert.equal(tail.isCut(), true);
});

test("a character whose bytes come in two pieces is one character", () => {
  const tail = createTail({ characters: 20, lines: 3 });
  const bytes = Buffer.from("ä");
  tail.write("stdout", bytes.subarray(0, 1));
  tail.write("stderr", Buffer.from("x"));
  tail.write("stdout", bytes.subarray(1));

  assert.equal(tail.text(), "xä");
});
