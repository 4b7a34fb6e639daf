import assert from "node:assert/strict";
import { eq } from "drizzle-orm";
import { afterAll, beforeAll, describe, test } from "vitest";
import { invocations } from "../../../../bot/store/schema.ts";
import { waitFor } from "../../../support/wait.ts";
import { type SlackBot, startSlackBot } from "./slack-bot.ts";

let here: SlackBot;

beforeAll(async () => {
  here = await startSlackBot();
  (await here.bot.relay("web-1")).runEverything();
});

afterAll(() => here.close());

/** What only its caller sees, said after this was done. */
async function whisperAfter(act: () => void): Promise<string> {
  const before = here.slack.team.whispers.length;
  act();
  return here.whisper(before);
}

describe("who may", () => {
  test("what is allowed runs, and is answered in the thread of the message", async () => {
    const { ts } = here.slack.people.say("!demo:echo hello");

    const { text, code, buttons } = await here.shows(ts, /succeeded .*web-1/);

    assert.match(text, /demo:echo/);
    assert.deepEqual(code, ["hello"]);
    assert.deepEqual(buttons, []);
  });

  test("the message is marked as done", async () => {
    const { ts } = here.slack.people.say("!demo:echo marked");

    const reaction = `C0OPS ${ts} white_check_mark`;
    await waitFor(() => here.slack.team.reactions.has(reaction), { what: "the reaction" });
    assert.ok(!here.slack.team.reactions.has(`C0OPS ${ts} x`));
  });

  test("an account of nobody is told so, alone and in the channel", async () => {
    const text = await whisperAfter(() =>
      here.slack.people.say("!demo:echo hello", { user: "U0EVE" }),
    );

    assert.match(text, /belongs to no active user: ask an administrator/);
    assert.equal(here.slack.team.whispers.at(-1)?.user, "U0EVE");
    assert.equal(here.slack.team.whispers.at(-1)?.thread, undefined);
  });

  test("what is denied says what is missing, to the caller alone", async () => {
    await here.bot.install(GUARDED);

    const text = await whisperAfter(() => here.slack.people.say("!guarded:deploy"));

    assert.match(text, /guarded:deploy: denied/);
    assert.match(text, /guarded:deploy/);
  });

  test("an unknown command names the nearest, to the caller alone", async () => {
    const text = await whisperAfter(() => here.slack.people.say("!demo:ehco hello"));

    assert.match(text, /there is no command demo:ehco; did you mean !demo:echo\?/);
  });

  test("a bare unknown word in a channel is not answered", async () => {
    const before = here.slack.team.whispers.length;
    here.slack.people.say("!nosuchthing");
    const text = await whisperAfter(() => here.slack.people.say("!demo:nosuchthing"));

    assert.match(text, /demo:nosuchthing/);
    assert.equal(here.slack.team.whispers.length, before + 1);
  });
});

describe("how the bot is spoken to", () => {
  test("by its mention, which Slack sends twice: one answer", async () => {
    const { bot, slack } = here;

    const { ts } = slack.people.say(`<@${slack.team.botUser}> demo:echo mentioned`);
    await here.shows(ts, "succeeded");
    const recorded = await bot.store.inWorkspace(bot.workspaceId, (db) =>
      db.$count(invocations, eq(invocations.messageId, ts)),
    );

    assert.equal(recorded, 1);
    assert.equal(slack.team.messages.filter(({ thread }) => thread === ts).length, 1);
  });

  test("in a direct message, without a prefix", async () => {
    here.slack.people.say("demo:echo direct", { channel: "D0ADA" });

    const message = await waitFor(() =>
      here.slack.team.messages.find(({ channel }) => channel === "D0ADA"),
    );
    assert.equal(message.thread, undefined);
  });

  test("in a thread: the answer goes there too", async () => {
    const { ts: root } = here.slack.people.say("nothing for a bot");

    here.slack.people.say("!demo:echo threaded", { thread: root });

    const { code } = await here.shows(root, "succeeded");
    assert.deepEqual(code, ["threaded"]);
  });

  test("by a slash command: private answers go to its caller", async () => {
    here.slack.people.command("demo:ehco hello", { channel: "C0CLOSED" });

    const answer = await waitFor(() => here.slack.responses[0], { what: "a response" });
    assert.match(JSON.stringify(answer), /did you mean !demo:echo/);
  });

  test("by a slash command: the execution is shown in the channel", async () => {
    here.slack.people.command("demo:echo slashed");

    await waitFor(() =>
      here.slack.team.messages.find(
        ({ text, thread }) => text.includes("succeeded") && thread === undefined,
      ),
    );
  });

  test("what Slack has marked up reaches the command as it was typed", async () => {
    const link = "<http://example.com|example.com>";
    const { ts } = here.slack.people.say(`!demo:echo ${link} &lt;b&gt; &amp;amp; <#C0OPS|ops>`);

    const { code, mentions } = await here.shows(ts, "succeeded");

    assert.deepEqual(code, ["example.com <b> &amp; #ops"]);
    assert.deepEqual(mentions, []);
  });

  test("help is a table in code", async () => {
    const { ts } = here.slack.people.say("!help");

    const { code } = await here.answerTo(ts);

    assert.match(code[0] ?? "", /^COMMAND +WHAT IT DOES\n/);
    assert.match(code[0] ?? "", /!demo:echo/);
  });
});

const GUARDED = `
aldis_bundle_version: 1
name: guarded
version: 1.0.0
description: Guarded.
permissions: [deploy]
commands:
  deploy:
    description: Deploys.
    executable: [/bin/true]
    native: true
    options: {}
    rules: [must have guarded:deploy]
`;
