import assert from "node:assert/strict";
import fc from "fast-check";
import { describe, test } from "vitest";
import { applicationCommands } from "../../../../bot/chat/discord/application-commands.ts";
import { lineOfCommand, quoted } from "../../../../bot/chat/discord/command-line.ts";
import { CommandData } from "../../../../bot/chat/discord/events.ts";
import { tokenize } from "../../../../bot/invocation/tokenize.ts";
import { readCommands } from "../../../support/discord/command-form.ts";
import { WEB } from "../../../support/discord/discord-bot.ts";
import { viewOf } from "../../invocation/small-view.ts";

const TYPED = `
aldis_bundle_version: 1
name: place
version: 1.0.0
description: A place.
commands:
  scale:
    description: Scales.
    executable: [/bin/echo]
    native: true
    options:
      Count: { type: int, required: true }
      wait: { type: bool, default: true }
      owner: { type: user }
      room: { type: channel }
      key: { type: string, secret: true }
    arguments: [{ name: from }, { name: to }]
    rules: [allow]
  anything:
    description: Takes any words.
    executable: [/bin/echo]
    native: true
    rules: [allow]
`;
const { bundles } = viewOf([TYPED, WEB], {});

function lineOf(command: string, options: object[]) {
  const data = {
    name: "place",
    options: [{ name: command, options }],
    resolved: {
      users: { 7: { id: "7", username: "sam" } },
      channels: { 8: { name: "general" } },
    },
  };
  return lineOfCommand(CommandData.parse(data), bundles);
}

describe("a slash command as a line", () => {
  test("names options as the bundle does, and says a flag that is off", () => {
    const read = lineOf("scale", [
      { name: "count", type: 4, value: 3 },
      { name: "wait", type: 5, value: false },
    ]);

    assert.deepEqual(read, { ok: true, line: "place:scale --Count=3 --wait=false" });
  });

  test("puts people and channels in by their names", () => {
    const read = lineOf("scale", [
      { name: "owner", type: 6, value: "7" },
      { name: "room", type: 7, value: "8" },
    ]);

    assert.deepEqual(read, { ok: true, line: "place:scale --owner=@sam --room=#general" });
  });

  test("keeps arguments in their places, and none of them becomes an option", () => {
    const read = lineOf("scale", [
      { name: "to", type: 3, value: "--force" },
      { name: "from", type: 3, value: "a b" },
    ]);

    assert.deepEqual(read, { ok: true, line: 'place:scale -- "a b" --force' });
  });

  test("says which argument is missing before another", () => {
    const read = lineOf("scale", [{ name: "to", type: 3, value: "b" }]);

    assert.deepEqual(read, { ok: false, reason: "to needs from before it" });
  });

  test("takes free words as they are typed", () => {
    const read = lineOf("anything", [{ name: "words", type: 3, value: '--x "a b"' }]);

    assert.deepEqual(read, { ok: true, line: 'place:anything --x "a b"' });
  });

  test("leaves a command that has gone to be answered by its name", () => {
    assert.deepEqual(lineOf("gone", []), { ok: true, line: "place:gone" });
    assert.deepEqual(lineOf("constructor", []), { ok: true, line: "place:constructor" });
  });
});

describe("the list of slash commands", () => {
  test("is what Discord takes, without what is secret", () => {
    const commands = applicationCommands([...bundles.values()], "aldis");

    const taken = readCommands(commands);

    const text = JSON.stringify(taken);
    assert.equal(taken.length, 2);
    assert.match(text, /"name":"count".*"required":true/);
    assert.doesNotMatch(text, /"name":"key"/);
  });

  test("stays within Discord's limits for a bundle that is larger than they are", () => {
    const large = viewOf([largeBundle(40, 30)], {}).bundles;

    const [command] = readCommands(applicationCommands([...large.values()], "aldis"));

    const subcommands = command?.options?.length ?? 0;
    assert.ok(subcommands > 0 && subcommands <= 25, String(subcommands));
  });

  test("has its control: more than Discord takes is refused", () => {
    const long = { type: 1, name: "x", description: "d".repeat(101), options: [] };

    assert.throws(() => readCommands([long]), /Invalid Form Body/);
  });
});

function largeBundle(commands: number, options: number): string {
  const names = (count: number, name: string) =>
    Array.from({ length: count }, (_, index) => `${name}${index}`);
  const option = (name: string) => `      ${name}: { description: "${"word ".repeat(40)}" }`;
  const command = (name: string) => `
  ${name}:
    description: ${"word ".repeat(40)}
    executable: [/bin/echo]
    native: true
    options:
${names(options, "option").map(option).join("\n")}
    rules: [allow]`;
  return `
aldis_bundle_version: 1
name: large
version: 1.0.0
description: ${"word ".repeat(60)}
commands:${names(commands, "command").map(command).join("")}
`;
}

test("quotes a word so that it is read back as it was", () => {
  const word = fc.string({
    minLength: 1,
    unit: fc.constantFrom("a", " ", '"', "'", "\\", "“", "„", "\n", "\t", "`", "=", "😀", "n"),
  });

  fc.assert(
    fc.property(word, (text) => {
      const option = tokenize(`--name=${quoted(text)}`);
      const argument = tokenize(quoted(text));

      assert.deepEqual(option.ok && option.words.map((each) => each.text), [`--name=${text}`]);
      assert.deepEqual(argument.ok && argument.words.map((each) => each.text), [text]);
    }),
  );
});
