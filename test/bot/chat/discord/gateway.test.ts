import assert from "node:assert/strict";
import { afterAll, beforeAll, test } from "vitest";
import { type DiscordBot, startDiscordBot } from "../../../support/discord/discord-bot.ts";
import { directChannel } from "../../../support/discord/world.ts";
import { waitFor } from "../../../support/wait.ts";

let discord: DiscordBot;
const CREATE = "POST /channels/:channel/messages";

beforeAll(async () => {
  discord = await startDiscordBot();
});

afterAll(() => discord.close());

test("resumes after a cut, and is told what was said meanwhile", async () => {
  const { server, ada } = discord;
  const { counts } = server.gateway;
  const [identified, resumed] = [counts.identified, counts.resumed];

  server.gateway.cut({ stayClosed: true });
  const missed = server.say(ada, server.general, "!demo:echo during-the-cut");
  server.gateway.open();

  await discord.answersTo(missed);
  assert.equal(counts.identified, identified);
  assert.ok(counts.resumed > resumed);
  assert.equal(await discord.timesRecorded(missed), 1);
});

test("connects again when Discord asks it to", async () => {
  const { server, ada } = discord;
  const { resumed } = server.gateway.counts;

  server.gateway.askToReconnect();

  await waitFor(() => server.gateway.counts.resumed > resumed, { what: "the resumed session" });
  const after = server.say(ada, server.general, "!demo:echo after-reconnect");
  await discord.answersTo(after);
});

test("reads what was said while its session was lost, and runs each thing once", async () => {
  const { server, ada } = discord;
  const before = server.say(ada, server.general, "!demo:echo before-the-loss");
  const direct = server.say(ada, directChannel(server.world, ada), "demo:echo direct-before");
  await discord.answersTo(before);
  await discord.answersTo(direct);

  server.gateway.cut({ stayClosed: true });
  server.gateway.invalidate();
  const missed = server.say(ada, server.general, "!demo:echo missed");
  const alone = server.say(ada, directChannel(server.world, ada), "demo:echo missed alone");
  server.gateway.open();

  await discord.answersTo(missed);
  await discord.answersTo(alone);
  assert.equal(await discord.timesRecorded(before), 1);
  assert.equal(await discord.timesRecorded(missed), 1);
  assert.equal(await discord.timesRecorded(alone), 1);
});

test.each([
  ["one route", false],
  ["all routes", true],
])("waits as long as a 429 says, for %s", async (_, isGlobal) => {
  const { server, ada } = discord;
  const already = server.seen.length;
  const startedMs = performance.now();
  server.rates.refuseAll(700, isGlobal);

  const message = server.say(ada, server.general, `!demo:echo limited ${isGlobal}`);
  await discord.answersTo(message);

  const since = server.seen.slice(already);
  const sent = since.find(({ route, status }) => route === CREATE && status === 200);
  assert.ok((sent?.atMs ?? 0) - startedMs >= 700);
  assert.ok(since.some(({ status }) => status === 429));
  assert.ok(since.filter(({ route, status }) => route === CREATE && status === 429).length <= 1);
});

test("says a thing once although Discord's answer to it was lost", async () => {
  const { server, ada } = discord;
  let isLost = false;
  server.trouble((route) => {
    if (isLost || route !== CREATE) return undefined;
    isLost = true;
    return 502;
  });

  const message = server.say(ada, server.general, "!demo:echo said-once");
  const [answer] = await discord.answersTo(message);
  server.trouble(undefined);

  assert.ok(answer);
  const tried = server.seen.filter(({ status }) => status === 502).length;
  assert.equal(tried, 1);
  const nonces = server.said().map(({ form }) => form.nonce);
  assert.ok(answer.form.enforce_nonce);
  assert.equal(nonces.filter((nonce) => nonce === answer.form.nonce).length, 1);
});

test("comes back when a revoked token counts again", async () => {
  const { server, ada } = discord;
  const { token } = server;
  const { identified } = server.gateway.counts;

  server.changeToken("another");
  server.gateway.close(4004);
  await waitFor(() => !server.gateway.isConnected(), { what: "the end of the connection" });
  server.changeToken(token);

  await waitFor(() => server.gateway.counts.identified > identified, { what: "a new session" });
  const after = server.say(ada, server.general, "!demo:echo after-the-token");
  await discord.answersTo(after);
});
