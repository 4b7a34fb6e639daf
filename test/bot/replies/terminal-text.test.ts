import assert from "node:assert/strict";
import fc from "fast-check";
import { describe, test } from "vitest";
import { createTerminalText } from "../../../bot/replies/terminal-text.ts";

function shown(...pieces: (string | Uint8Array)[]): string {
  const text = createTerminalText();
  const written = pieces.map((piece) =>
    text.write(typeof piece === "string" ? Buffer.from(piece) : piece),
  );
  return written.join("") + text.end();
}

describe("what a terminal is shown of a command's output", () => {
  const CASES: [what: string, pieces: readonly (string | Uint8Array)[], shown: string][] = [
    ["plain text", ["a\tb\nä 日本 🎉\n"], "a\tb\nä 日本 🎉\n"],
    ["colour", ["\x1b[1;31mred\x1b[0m"], "red"],
    ["colour with colons", ["\x1b[38:2::1:2:3mred"], "red"],
    ["a cleared screen", ["a\x1b[2J\x1b[Hb"], "ab"],
    ["a window title ended by BEL", ["a\x1b]0;title\x07b"], "ab"],
    ["a window title ended by ST", ["a\x1b]0;title\x1b\\b"], "ab"],
    ["a link", ["\x1b]8;;http://x\x1b\\text\x1b]8;;\x1b\\"], "text"],
    ["a clipboard write", ["\x1b]52;c;cm0gLXJm\x07x"], "x"],
    ["a device control string", ["a\x1bPq#0;2\x1b\\b"], "ab"],
    ["a character set", ["\x1b(0a\x1b(Bb"], "ab"],
    ["a reset", ["a\x1bcb"], "ab"],
    ["one-character introducers", ["a\u009b31mb\u009d0;t\u009cc"], "abc"],
    ["an introducer within a sequence", ["a\x1b[3\x1b[31mb"], "ab"],
    ["a sequence that breaks off at a line end", ["a\x1b[31\nb"], "a\nb"],
    ["a title that is never ended", ["a\x1b]0;title\nb"], "a\nb"],
    ["a sequence that is never ended", ["a\x1b["], "a"],
    ["a sequence cut in pieces", ["a\x1b", "[3", "1", "mb"], "ab"],
    ["a title cut in pieces", ["a\x1b]0;ti", "tle\x1b", "\\b"], "ab"],
    ["bell and backspace", ["a\x07b\bc"], "abc"],
    ["NUL and DEL", ["a\0b\x7fc"], "abc"],
    ["reversed text", ["a\u202eb"], "ab"],
    [
      "a character cut in two",
      [Buffer.from("ä").subarray(0, 1), Buffer.from("ä").subarray(1)],
      "ä",
    ],
    ["half a character at the end", [Buffer.from("aä").subarray(0, 2)], "a\ufffd"],
    ["bytes that are no text", [Buffer.from([0xff, 0xfe])], "\ufffd\ufffd"],
    ["line ends as on Windows", ["a\r\nb\r\n"], "a\nb\n"],
    ["line ends as on Windows, cut in two", ["a\r", "\nb"], "a\nb"],
    ["a progress bar", ["10%\r20%", "\r30%\n"], "10%\n20%\n30%\n"],
    ["a progress bar that clears its line", ["\r\x1b[K10%\r\x1b[K20%"], "10%\n20%"],
    ["returns at a line's start", ["\r\ra\n", "\rb\n\rc"], "a\nb\nc"],
    ["a return at the end", ["a\r"], "a"],
    ["empty lines", ["a\n\n\r\n\nb"], "a\n\n\n\nb"],
  ];
  for (const [what, pieces, expected] of CASES) {
    test(`is harmless: ${what}`, () => {
      const text = shown(...pieces);

      assert.equal(text, expected);
    });
  }

  test("comes back after something that only looked like a sequence", () => {
    const text = shown(`\x1b]0;${"x".repeat(10_000)}end`);

    assert.ok(text.endsWith("end"));
    assert.ok(text.length < 10_000);
  });
});

const piece = fc.oneof(
  fc.constantFrom(
    ..."\x1b\r\n\t\0\x07\x18\b[]PX^_;()\\031mKHJc \u009b\u009d\u009c\u0090\u202e\u2028ä🎉",
  ),
  fc.string({ unit: "binary", maxLength: 4 }),
);
const bytes = fc.oneof(
  fc.array(piece, { maxLength: 60 }).map((pieces) => Buffer.from(pieces.join(""))),
  fc.uint8Array({ maxLength: 100 }).map((array) => Buffer.from(array)),
);
const cuts = fc.array(fc.nat({ max: 8 }), { maxLength: 40 });

function cut(whole: Buffer, lengths: readonly number[]): Buffer[] {
  const pieces: Buffer[] = [];
  let at = 0;
  for (const length of lengths) {
    pieces.push(whole.subarray(at, at + length));
    at += length;
  }
  return [...pieces, whole.subarray(at)];
}

describe("whatever a command writes, and however it comes in pieces", () => {
  test("a terminal is shown no control character but tab and line end", () => {
    fc.assert(
      fc.property(bytes, cuts, (whole, lengths) => {
        // biome-ignore lint/suspicious/noControlCharactersInRegex: what must not be there
        assert.doesNotMatch(shown(...cut(whole, lengths)), /[\0-\x08\x0b-\x1f\x7f-\x9f]/);
      }),
      { numRuns: 2_000 },
    );
  });

  test("it is shown the same", () => {
    fc.assert(
      fc.property(bytes, cuts, (whole, lengths) => {
        assert.equal(shown(...cut(whole, lengths)), shown(whole));
      }),
      { numRuns: 2_000 },
    );
  });

  test("text without controls is shown as it is", () => {
    const plain = fc.string({ unit: "grapheme-ascii" });
    fc.assert(
      fc.property(plain, cuts, (text, lengths) => {
        assert.equal(shown(...cut(Buffer.from(text), lengths)), text);
      }),
    );
  });
});

test("a long run of carriage returns takes no longer than other text", { timeout: 3_000 }, () => {
  const run = "\r".repeat(200_000);

  assert.equal(shown(Buffer.from(`a${run}b${run}\n`)), "a\nb\n");
});
