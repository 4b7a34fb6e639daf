import assert from "node:assert/strict";
import { describe, test } from "vitest";
import { mentionsOf, withoutMarkup } from "../../../../bot/chat/discord/markup.ts";
import { tokenize } from "../../../../bot/invocation/tokenize.ts";

const USERS = new Map([
  ["1", "ada.l"],
  ["2", "x --force prod"],
  ["3", 'a"b'],
]);
const CHANNELS = new Map([
  ["4", "releases"],
  ["5", "talk; --force"],
]);

function read(content: string): string {
  return withoutMarkup(content, {
    ownId: "9",
    userName: (id) => USERS.get(id),
    channelName: (id) => CHANNELS.get(id),
  });
}

describe("markup", () => {
  test.each([
    ["<@1> and <@!1>", "@ada.l and @ada.l"],
    ["<#4>", "#releases"],
    ["<@77> <#78> <@&79>", "@77 #78 @79"],
    ["<:party:123> <a:spin:124>", ":party: :spin:"],
    ["</web deploy:5>", "/web deploy"],
    ["<https://example.com/a?b>", "https://example.com/a?b"],
    ["a < b > c <@x>", "a < b > c <@x>"],
    ["<@9> help <@9>", "<@9> help <@9>"],
    ["```\n<@1>\n``` <@1>", "```\n<@1>\n``` @ada.l"],
  ])("%j is read as %j", (content, text) => {
    assert.equal(read(content), text);
  });

  test.each(["<@2>", "<@3>", "<#5>"])(
    "whoever chose the name of %s chooses no words",
    (mention) => {
      const tokens = tokenize(read(mention));

      assert.equal(tokens.ok && tokens.words.length, 1);
      assert.match(read(mention), /^[@#]\d$/);
    },
  );

  test("has its control: as a name stands, it is several words", () => {
    const tokens = tokenize(`@${USERS.get("2")}`);

    assert.equal(tokens.ok && tokens.words.length, 3);
  });
});

test("the bot is mentioned by its id in both forms", () => {
  assert.deepEqual(mentionsOf("9"), ["<@9>", "<@!9>"]);
});
