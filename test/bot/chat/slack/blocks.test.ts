import assert from "node:assert/strict";
import fc from "fast-check";
import { describe, test } from "vitest";
import type { LiveContent } from "../../../../bot/chat/live/content.ts";
import { answerContents, liveContent } from "../../../../bot/chat/slack/blocks.ts";
import { say } from "../../../../bot/replies/answer.ts";
import { checkBlocks, mentionsIn, textsOf } from "../../../support/slack/check-blocks.ts";

const LIVE: LiveContent = {
  executionId: "0198c5f2-0000-7000-8000-000000000000",
  head: "demo:echo · running",
  tone: "running",
  tail: "",
  note: undefined,
  canCancel: true,
};

/** What Slack would take, and whom it would call. */
function taken({ text, blocks }: { text: string; blocks: unknown }) {
  const checked = checkBlocks(JSON.stringify(blocks));
  assert.ok(!("error" in checked), "error" in checked ? checked.error : "");
  return { ...textsOf(checked.blocks), mentions: mentionsIn(text, checked.blocks) };
}

describe("an answer", () => {
  test("has paragraphs, code, fields and tables", () => {
    const answer = say(
      "hello",
      { kind: "code", text: "!help" },
      { kind: "fields", fields: [["name", "value"]] },
      { kind: "table", columns: ["a", "b"], rows: [["1", "2"]] },
    );

    const [content, ...others] = answerContents(answer);

    assert.ok(content);
    const { plain, code } = taken(content);
    assert.deepEqual([plain, code, others], ["hello\nname: value", ["!help", "A  B\n1  2"], []]);
  });

  test("that is too long for one message is split between lines, and nothing is lost", () => {
    const lines = Array.from({ length: 600 }, (_, at) => `${at} ${"x".repeat(50)}`);

    const contents = answerContents(say({ kind: "code", text: lines.join("\n") }));

    const shown = contents.flatMap((content) => taken(content).code).join("\n");
    assert.ok(contents.length > 1);
    assert.equal(shown, lines.join("\n"));
  });

  test("without any end is left out in part, and says so", () => {
    const contents = answerContents(say({ kind: "code", text: "x\n".repeat(200_000) }));

    const last = contents.at(-1);
    assert.ok(last && contents.length === 10);
    assert.match(taken(last).plain, /more messages are left out/);
  });
});

test("whatever is printed is taken by Slack and calls nobody", () => {
  const hostile = fc.oneof(
    fc.string({ unit: "binary", maxLength: 4_000 }),
    fc.stringMatching(/^[<>@!#|`*_&;"\\\n\t ]{0,4000}$/),
    fc.constantFrom("<!channel>", "<@U1>", "```", "\ud800", "\u0000", "\u202e", "&lt;!here&gt;"),
  );

  fc.assert(
    fc.property(hostile, hostile, (head, tail) => {
      const contents = [
        liveContent({ ...LIVE, head, tail }),
        ...answerContents(say(head, { kind: "code", text: tail })),
      ];

      for (const content of contents) assert.deepEqual(taken(content).mentions, []);
    }),
    { numRuns: 500 },
  );
});

test("without escaping, the line for notifications would call people", () => {
  const { blocks } = liveContent(LIVE);

  assert.deepEqual(taken({ text: "<!channel>", blocks }).mentions, ["<!channel>"]);
});
