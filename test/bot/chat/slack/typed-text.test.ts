import assert from "node:assert/strict";
import { test } from "vitest";
import { escaped, typedText } from "../../../../bot/chat/slack/typed-text.ts";

const BOT = { userId: "U0BOT", name: "aldis" };

test.each([
  ["<@U0BOT> demo:echo", "@aldis demo:echo"],
  ["<@U0ADA> and <@U0ADA|ada>", "@U0ADA and @U0ADA"],
  ["<#C1|ops> <#C1|> <#C1>", "#ops #C1 #C1"],
  ["<https://a.b/c> <http://a.b|a.b>", "https://a.b/c a.b"],
  ["<mailto:a@b.c|a@b.c> <mailto:a@b.c>", "a@b.c a@b.c"],
  ["<!here> <!channel|@channel> <!subteam^S1|@ops>", "@here @channel @ops"],
  ["&lt;b&gt; &amp;lt; &amp;amp;", "<b> &lt; &amp;"],
  ["<http://a.b|x&amp;y&lt;z>", "x&y<z"],
  ["a &lt;@U1&gt; b", "a <@U1> b"],
  ["“smart” — quotes", "“smart” — quotes"],
  ["<> <|> <@>", " @"],
])("%s was typed as %s", (sent, typed) => {
  assert.equal(typedText(sent, BOT).replace(/ +/g, " "), typed.replace(/ +/g, " "));
});

test("escaped text comes back as it was", () => {
  const text = "<!channel> & <@U1> &lt;";

  const there = escaped(text);

  assert.doesNotMatch(there, /[<>]/);
  assert.equal(typedText(there, BOT), text);
});
