import assert from "node:assert/strict";
import fc from "fast-check";
import { describe, test } from "vitest";
import { answerText } from "../../../../bot/chat/discord/answer-text.ts";
import { codeBlock, codeBlocks, escaped, splitText } from "../../../../bot/chat/discord/text.ts";
import { refuse, say } from "../../../../bot/replies/answer.ts";

/** How Discord finds a code block: from three backticks to the next three. */
const BLOCK = /^```(?:[a-z0-9_+\-.#]+?\n)?\n*([^\n][\s\S]*?)\n*```$/i;

/** What Discord shows of a text whose every sign may be escaped. */
function shown(text: string): string {
  return text.replace(/\\([!-/:-@[-`{-~])/g, "$1");
}

/** Signs with a meaning that no backslash takes away. */
function unescaped(text: string): string[] {
  return text.replace(/\\[!-/:-@[-`{-~]/g, "").match(/[*_~`|<>@#:[\]()]/g) ?? [];
}

describe("text", () => {
  test.each([
    "@everyone and @here",
    "<@123> <@&456> <#789> <:ok:1> </help:2>",
    "# heading\n> quote\n- item\n1. item\n-# small",
    "**bold** __under__ ~~gone~~ ||hidden|| `code` ```block```",
    "[text](https://example.com) https://example.com <https://example.com>",
    "\\<@123> \\\\*",
  ])("shows %j as it stands", (text) => {
    const safe = escaped(text);

    assert.deepEqual(unescaped(safe), []);
    assert.equal(shown(safe), text);
  });

  test("has its control: unescaped text has signs with a meaning", () => {
    assert.notDeepEqual(unescaped("<@123> @everyone **bold**"), []);
  });

  test("drops controls and what turns the direction of writing", () => {
    const safe = escaped("a\u001b[31mred\u001b[0m\u202eb\u0007");

    assert.equal(safe, "aredb");
  });
});

describe("a code block", () => {
  test.each([
    "```\n@everyone",
    "````````",
    "a``",
    "`",
    "x```js\nalert()```",
    "``\u0000`",
    "\n\n```",
  ])("is not ended by %j", (output) => {
    const block = codeBlock(output);

    assert.match(block, BLOCK);
    assert.equal(block.match(/```/g)?.length, 2);
  });

  test("has its control: as they are, backticks end it", () => {
    const block = "```\n```\n@everyone\n```";

    assert.notEqual(block.match(/```/g)?.length, 2);
  });

  test("holds whatever is printed, within the limit", () => {
    const output = fc.string({ unit: fc.constantFrom("`", "a", "\n", " ", "\\", "😀", "\u0000") });

    fc.assert(
      fc.property(output, fc.integer({ min: 20, max: 60 }), (text, most) => {
        for (const block of [codeBlock(text, most), ...codeBlocks(text, most)]) {
          assert.ok(block.length <= most, `${block.length} of ${most}`);
          assert.equal(block.match(/```/g)?.length, 2);
          assert.ok(block.isWellFormed());
        }
      }),
    );
  });
});

describe("splitting", () => {
  test("loses nothing but line ends, and cuts neither a character nor an escape", () => {
    const typed = fc.string({ unit: fc.constantFrom("*", "a", "\n", " ", "\\", "😀") });

    fc.assert(
      fc.property(typed, fc.integer({ min: 4, max: 20 }), (text, most) => {
        const parts = splitText(escaped(text), most);

        assert.ok(parts.every((part) => part.length <= most && part.isWellFormed()));
        assert.equal(parts.map(shown).join("").replace(/\n/g, ""), text.replace(/\n/g, ""));
      }),
    );
  });
});

describe("an answer", () => {
  test("puts its parts into as few messages as they fit in", () => {
    const table = { kind: "table" as const, columns: ["name"], rows: [["a"], ["b"]] };

    const { contents } = answerText(
      say("first", { kind: "fields", fields: [["user", "a_b"]] }, table),
    );

    assert.deepEqual(contents, ["first\n**user:** a\\_b\n```\nNAME\na\nb\n```"]);
  });

  test("goes into a file when it needs more than three messages", () => {
    const text = "long ".repeat(3_000);

    const { contents, file } = answerText(refuse(text));

    assert.equal(contents.length, 1);
    assert.ok((contents[0]?.length ?? 0) <= 2_000);
    assert.equal(Buffer.from(file?.bytes ?? []).toString(), `${text}\n`);
  });
});
