import assert from "node:assert/strict";
import { like } from "drizzle-orm";
import { afterAll, beforeAll, describe, test } from "vitest";
import { invocations } from "../../../../bot/store/schema.ts";
import { encodeFrames } from "../../../../relay/wire/frames.ts";
import { attemptOf, type ScriptedRelay } from "../../../support/scripted-relay.ts";
import { ADA } from "../../../support/slack/people.ts";
import { waitFor } from "../../../support/wait.ts";
import { type SlackBot, startSlackBot } from "./slack-bot.ts";

let here: SlackBot;
let relay: ScriptedRelay;

beforeAll(async () => {
  here = await startSlackBot();
  relay = await here.bot.relay("web-1");
});

afterAll(() => here.close());

/** An execution that was asked for in the channel and now runs, printing what the test says. */
async function startRun(line = "!demo:echo hello") {
  // A relay that is silent for 15 s is offered nothing.
  await relay.announce();
  const before = relay.offers.length;
  const { ts } = here.slack.people.say(line);
  const offer = await waitFor(() => relay.offers[before], { what: "an offer" });
  const key = attemptOf(offer);
  await relay.claim(key);
  let offset = 0;
  return {
    ts,
    executionId: offer.spec.executionId,
    async print(text: string) {
      await relay.sendOutput(key, offset, text);
      offset += encodeFrames("stdout", Buffer.from(text)).length;
    },
    end: (change: { exitCode?: number; status?: "failed" | "cancelled" } = {}) =>
      relay.sendResult(key, { ...change, outputLength: offset }),
  };
}

describe("while it runs", () => {
  test("one message shows the first line at once, then more, then the end", async () => {
    const run = await startRun();
    await run.print("first\n");
    const { message, text, buttons } = await here.shows(run.ts, "first");
    await run.print("second\n");
    await here.shows(run.ts, "second");
    await run.end();

    const last = await here.shows(run.ts, "succeeded");

    assert.match(text, /running on web-1/);
    assert.deepEqual(
      buttons.map((button) => [button.text.text, button.value]),
      [["Cancel", run.executionId]],
    );
    assert.equal(last.message.ts, message.ts);
    assert.deepEqual([last.code, last.buttons], [["first\nsecond"], []]);
  });

  test("a failure shows its exit code, and marks the message", async () => {
    const run = await startRun();
    await run.end({ status: "failed", exitCode: 3 });

    const { text } = await here.shows(run.ts, "failed with exit code 3");

    assert.match(text, /on web-1 after/);
    const reaction = `C0OPS ${run.ts} x`;
    await waitFor(() => here.slack.team.reactions.has(reaction), { what: "the reaction" });
  });

  test("the button cancels it, as a line that whoever pressed it has said", async () => {
    const run = await startRun();
    await run.print("working\n");
    const { message, buttons } = await here.shows(run.ts, "working");
    const [button] = buttons;
    assert.ok(button);

    here.slack.people.press(button, { ...message, user: ADA });

    await waitFor(() => relay.cancels.includes(run.executionId), { what: "the cancel" });
    const { bot } = here;
    const { bundle, command, decision, providerUser } = invocations;
    const recorded = await bot.store.inWorkspace(bot.workspaceId, (db) =>
      db
        .select({ bundle, command, decision, providerUser })
        .from(invocations)
        .where(like(invocations.messageId, "press %")),
    );
    assert.deepEqual(recorded, [
      { bundle: "aldis", command: "cancel", decision: "allow", providerUser: "U0ADA" },
    ]);
    await run.end({ status: "cancelled" });
    await here.shows(run.ts, "cancelled");
  });

  test("the button does nothing for an account of nobody", async () => {
    const run = await startRun();
    await run.print("working\n");
    const { message, buttons } = await here.shows(run.ts, "working");
    const [button] = buttons;
    assert.ok(button);

    here.slack.people.press(button, { ...message, user: "U0EVE" });

    await waitFor(() => JSON.stringify(here.slack.responses).includes("no active user"));
    assert.ok(!relay.cancels.includes(run.executionId));
    await run.end();
  });
});

describe("output that is more than a message", () => {
  test("ends in the message, and is attached whole", async () => {
    const lines = Array.from({ length: 2_000 }, (_, at) => `line ${at}\n`);
    const run = await startRun();
    await run.print(lines.slice(0, 1_000).join(""));
    await run.print(lines.slice(1_000).join(""));
    await run.end();

    const { text, code } = await here.shows(run.ts, "the whole output is attached");
    const file = await waitFor(() =>
      [...here.slack.team.files.values()].find(({ thread }) => thread === run.ts),
    );

    assert.match(text, /succeeded/);
    assert.match(code[0] ?? "", /line 1999$/);
    assert.equal(file.bytes.toString(), lines.join(""));
    assert.equal(file.channel, "C0OPS");
  });

  test("short output is not attached", async () => {
    const before = here.slack.team.files.size;
    const run = await startRun();
    await run.print("short\n");
    await run.end();

    await here.shows(run.ts, "succeeded");

    assert.equal(here.slack.team.files.size, before);
  });
});

describe("hostile output", () => {
  test.each([
    ["mentions", "<!channel> <!here> @here <@U0ADA> <#C0OPS>"],
    ["fences", "```\n<!channel>\n```\n*bold* _it_ `code`"],
    ["links", "<https://evil.example|https://good.example>"],
    ["markup already escaped", "&lt;!channel&gt; &amp;"],
    ["emoji and dates", ":rotating_light: <!date^0^{date}|now>"],
    ["JSON of blocks", '{"blocks":[{"type":"section"}]}'],
  ])("%s are only shown", async (_, output) => {
    const run = await startRun();
    await run.print(`${output}\n`);
    await run.end();

    const { code, mentions } = await here.shows(run.ts, "succeeded");

    assert.deepEqual(code, [output]);
    assert.deepEqual(mentions, []);
  });

  test("control characters, halves of characters and one line of 100 KB are taken", async () => {
    const run = await startRun();
    await run.print(`\u001b]0;title\u0007\u001b[31mred\u0000\u202e\n`);
    await run.print(`${'"\\'.repeat(50_000)}😀`);
    await run.end();

    const { code } = await here.shows(run.ts, "succeeded");

    // biome-ignore lint/suspicious/noControlCharactersInRegex: what must not be there
    assert.doesNotMatch(code.join(), /[\u0000-\u0008\u001b\u202e]/);
    assert.ok(code.join().endsWith("😀"));
  });

  test("nothing of all this was refused", () => {
    const refused = here.slack.log.filter((line) => /invalid_blocks|too_long|fault/.test(line));

    assert.deepEqual(refused, []);
  });
});

describe("a provider in trouble", () => {
  test("a limit is waited out, and nothing is lost", async () => {
    here.slack.rates.refuseNext("chat.postMessage", 1, 1);
    const run = await startRun();
    await run.print("limited\n");
    await run.end();

    const { code } = await here.shows(run.ts, "succeeded");

    assert.deepEqual(code, ["limited"]);
    const posts = here.slack.log.filter((line) => line.startsWith("chat.postMessage"));
    assert.deepEqual(posts.slice(-2), ["chat.postMessage 429", "chat.postMessage ok"]);
  });

  test("a message whose receipt was lost is found, not posted again", async () => {
    here.slack.loseAnswer("chat.postMessage");
    const run = await startRun();
    await run.print("once\n");
    await run.end();

    await here.shows(run.ts, "succeeded");

    const below = here.slack.team.messages.filter(({ thread }) => thread === run.ts);
    assert.equal(below.length, 1);
  });

  test("a message that somebody has deleted is posted again with the end", async () => {
    const run = await startRun();
    await run.print("gone\n");
    const { message } = await here.shows(run.ts, "gone");
    const { messages } = here.slack.team;
    messages.splice(messages.indexOf(message), 1);
    await run.end();

    const { code } = await here.shows(run.ts, "succeeded");

    assert.deepEqual(code, ["gone"]);
  });
});
