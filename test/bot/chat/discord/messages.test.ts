import assert from "node:assert/strict";
import { afterAll, beforeAll, test } from "vitest";
import { type DiscordBot, startDiscordBot } from "../../../support/discord/discord-bot.ts";
import { directChannel } from "../../../support/discord/world.ts";
import { waitFor } from "../../../support/wait.ts";

let discord: DiscordBot;

beforeAll(async () => {
  discord = await startDiscordBot();
});

afterAll(() => discord.close());

test("runs an allowed command and shows its output below the message", async () => {
  const { server, ada } = discord;

  const message = server.say(ada, server.general, "!demo:echo hello there");

  const [answer] = await discord.answersTo(message);
  await waitFor(() => answer?.content.includes("✅"), { what: "the end" });
  assert.match(answer?.content ?? "", /```\nhello there\n```/);
  assert.equal(await discord.timesRecorded(message), 1);
});

test("shows by reactions that a command was seen, runs and is done", async () => {
  const { server, ada } = discord;

  const message = server.say(ada, server.general, "!demo:echo reactions");

  await waitFor(() => [...message.reactions].join() === "✅", { what: "only the last" });
  assert.equal(message.reacted[0], "👀");
  assert.equal(message.reacted.at(-1), "✅");
});

test("obeys a mention and a direct message without the prefix", async () => {
  const { server, ada } = discord;
  const direct = directChannel(server.world, ada);

  const mention = server.say(ada, server.general, `<@${server.world.bot.id}> demo:echo mentioned`);
  server.say(ada, direct, "demo:echo directly");

  const [inGuild] = await discord.answersTo(mention);
  const [alone] = await discord.saidIn(direct);
  await waitFor(() => inGuild?.content.includes("mentioned"), { what: "the mention's output" });
  await waitFor(() => alone?.content.includes("directly"), { what: "the direct one's output" });
});

test("denies with the reason, to the caller alone", async () => {
  const { server, sam } = discord;
  const direct = directChannel(server.world, sam);

  const message = server.say(sam, server.general, "!web:deploy prod");

  const [answer] = await discord.saidIn(direct);
  assert.match(answer?.content ?? "", /denied/);
  assert.match(answer?.content ?? "", /web\\:deploy/);
  await waitFor(() => message.reactions.has("❌"), { what: "the mark in the channel" });
  assert.equal(
    server.said(server.general).some(({ replyTo }) => replyTo === message.id),
    false,
  );
});

test("says nothing of the answer in the channel when the caller takes no direct messages", async () => {
  const { server } = discord;
  const closed = server.addUser("closed", { takesDirectMessages: false });

  const message = server.say(closed, server.general, "!web:deploy prod");

  const [answer] = await discord.answersTo(message);
  assert.match(answer?.content ?? "", /allow direct messages/);
  assert.doesNotMatch(answer?.content ?? "", /deploy|administrator/);
});

test("names the nearest command for one that there is not, and stays silent about bare words", async () => {
  const { server, ada } = discord;
  const direct = directChannel(server.world, ada);
  const before = server.said(direct).length;

  server.say(ada, server.general, "!ehco hi");
  server.say(ada, server.general, "!demo:ehco hi");

  const said = await discord.saidIn(direct, before + 1);
  assert.match(said.at(-1)?.content ?? "", /did you mean \\!demo\\:echo/);
  assert.equal(said.length, before + 1);
});

test("ignores an edit, another bot, a webhook, a system message and itself", async () => {
  const { server, ada } = discord;
  const robot = server.addUser("robot", { isBot: true });
  const { general } = server;
  const edited = server.say(ada, general, "!demo:echo before-edit");
  await discord.answersTo(edited);

  server.edit(edited, "!demo:echo after-edit");
  server.say(robot, general, "!demo:echo by-bot");
  server.say(ada, general, "!demo:echo by-webhook", { webhookId: "42" });
  server.say(ada, general, "!demo:echo by-discord", { type: 6 });
  server.say(server.world.bot, general, "!demo:echo by-itself");

  const last = server.say(ada, general, "!demo:echo by-person");
  await waitFor(() => discord.hasRun("by-person"), { what: "the last one" });
  await discord.answersTo(last);
  for (const what of ["after-edit", "by-bot", "by-webhook", "by-discord", "by-itself"]) {
    assert.equal(discord.hasRun(what), false, what);
  }
});

test("runs a message once, however often it is delivered", async () => {
  const { server, ada } = discord;
  const message = server.say(ada, server.general, "!demo:echo only-once");
  await discord.answersTo(message);

  for (let times = 0; times < 3; times++) {
    server.gateway.publish(() => ({ t: "MESSAGE_CREATE", d: server.payloadOf(message) }));
  }

  const after = server.say(ada, server.general, "!demo:echo after-doubles");
  await discord.answersTo(after);
  assert.equal(await discord.timesRecorded(message), 1);
  assert.equal(server.said().filter(({ replyTo }) => replyTo === message.id).length, 1);
});

test("understands users, channels and links as their plain text", async () => {
  const { server, ada, sam } = discord;
  const { general } = server;
  const typed = `!demo:echo <@${sam.id}> <#${general.id}> <https://example.com/x> <:ok:123>`;

  const message = server.say(ada, general, typed);

  await discord.answersTo(message);
  await waitFor(() => discord.hasRun("@sam #general https://example.com/x :ok:"), {
    what: "the plain words",
  });
});
