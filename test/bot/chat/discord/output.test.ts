import assert from "node:assert/strict";
import { afterAll, beforeAll, test } from "vitest";
import { type DiscordBot, startDiscordBot } from "../../../support/discord/discord-bot.ts";
import type { Channel, StoredMessage } from "../../../support/discord/world.ts";
import { attemptOf } from "../../../support/scripted-relay.ts";
import { waitFor } from "../../../support/wait.ts";

let discord: DiscordBot;
/** Of each frame of output on its way. */
const FRAME_HEAD_BYTES = 5;

beforeAll(async () => {
  discord = await startDiscordBot({ deps: { usesThreads: true }, runsEverything: false });
});

afterAll(() => discord.close());

interface Run {
  message: StoredMessage;
  print(text: string): Promise<void>;
  end(): Promise<void>;
}

/** Ada's command, started by a relay that prints what a test tells it to. */
async function start(channel: Channel, text = "!demo:echo"): Promise<Run> {
  const { server, ada, relay } = discord;
  const before = relay.offers.length;
  const message = server.say(ada, channel, text);
  const attempt = attemptOf(await waitFor(() => relay.offers[before], { what: "the offer" }));
  await relay.claim(attempt);
  let sent = 0;
  return {
    message,
    async print(output) {
      await relay.sendOutput(attempt, sent, output);
      sent += Buffer.byteLength(output) + FRAME_HEAD_BYTES;
    },
    async end() {
      await relay.sendResult(attempt, { outputLength: sent });
    },
  };
}

/** The message about a run, when it has ended. */
async function shownEnd(channel: Channel, is: (message: StoredMessage) => boolean) {
  return waitFor(
    () => discord.server.said(channel).find((each) => is(each) && each.content.includes("✅")),
    { what: "the end" },
  );
}

test("shows an execution in a thread of the message that asked for it", async () => {
  const { server } = discord;

  const run = await start(server.general);
  await run.end();

  const thread = await waitFor(() => server.world.channels.get(run.message.id), {
    what: "the thread",
  });
  await shownEnd(thread, () => true);
  assert.equal(thread.name, "demo:echo");
  assert.equal(thread.parentId, server.general.id);
});

test("answers in the thread where it was asked, by the rules of its channel", async () => {
  const { server } = discord;
  const first = await start(server.general);
  await first.end();
  const find = () => server.world.channels.get(first.message.id);
  const thread = await waitFor(find, { what: "the thread" });

  const within = await start(thread);
  await within.end();

  await shownEnd(thread, ({ replyTo }) => replyTo === within.message.id);
  assert.deepEqual(await discord.recorded(within.message), [
    { channel: server.general.id, decision: "allow" },
  ]);
});

test("shows output as it comes, in one message", async () => {
  const { server } = discord;
  server.general.botMay.startThreads = false;
  const run = await start(server.general);

  await run.print("first line\n");
  const [shown] = await discord.answersTo(run.message);
  await waitFor(() => shown?.content.includes("first line"), { what: "the first line" });
  const running = shown?.content ?? "";
  await run.print("second line\n");
  await waitFor(() => shown?.content.includes("second line"), { what: "the second line" });
  await run.end();

  await shownEnd(server.general, ({ id }) => id === shown?.id);
  assert.match(running, /⏳ demo\\:echo · running on first/);
  assert.equal(server.said().filter(({ replyTo }) => replyTo === run.message.id).length, 1);
});

test("attaches the whole of a long output, and shows its end", async () => {
  const { server } = discord;
  const output = Array.from({ length: 1_000 }, (_, index) => `line ${index + 1}\n`).join("");
  const run = await start(server.general);

  await run.print(output);
  await run.end();

  const [shown, attached] = await discord.answersTo(run.message, 2);
  assert.match(shown?.content ?? "", /line 1000\n```\n… the whole output is attached$/);
  assert.ok((shown?.content.length ?? 0) <= 2_000);
  assert.equal(attached?.files[0]?.bytes.toString(), output);
});

/** Output that tries to be more than output. */
const HOSTILE = [
  "@everyone @here <@&1> <@2>",
  "```",
  "```js",
  "**bold** [link](https://example.com)",
  "\u001b[31mred\u202eesrever",
].join("\n");

test("shows hostile output as output: it calls nobody and ends no code block", async () => {
  const { server } = discord;
  const run = await start(server.general);

  await run.print(HOSTILE);
  await run.end();

  const { content, pings } = await shownEnd(
    server.general,
    ({ replyTo }) => replyTo === run.message.id,
  );
  assert.deepEqual(pings, []);
  assert.equal(content.match(/```/g)?.length, 2);
  assert.ok(content.endsWith("\n**bold** [link](https://example.com)\nredesrever\n```"));
  for (const { form } of server.said()) assert.deepEqual(form.allowed_mentions?.parse, []);
});

test("has its control: without closed mentions the same output calls everybody", () => {
  const { server, ada } = discord;

  const message = server.say(ada, server.general, HOSTILE);

  assert.deepEqual(message.pings, ["2", "&1", "@everyone", "@here"]);
});
