import assert from "node:assert/strict";
import { afterAll, beforeAll, test } from "vitest";
import { startDiscord } from "../../../../bot/chat/discord/discord.ts";
import { type DiscordBot, startDiscordBot } from "../../../support/discord/discord-bot.ts";
import { withClient } from "../../../support/postgres-cluster.ts";
import { waitFor } from "../../../support/wait.ts";

let discord: DiscordBot;

beforeAll(async () => {
  discord = await startDiscordBot();
});

afterAll(() => discord.close());

/** As when the bot that listened was killed: its lease is never given back. */
function takeAway(agoMs: number): Promise<unknown> {
  return withClient(discord.bot.database.ownerUrl, (client) =>
    client.query(
      `update leases set owner = 'a bot that was killed',
         expires_at = clock_timestamp() - $1 * interval '1 millisecond'
       where name like 'discord %'`,
      [agoMs],
    ),
  );
}

test("of two bots one listens, and the other when the first has stopped", async () => {
  const { server, ada, deps } = discord;
  const { counts } = server.gateway;
  const second = startDiscord(deps);
  const both = server.say(ada, server.general, "!demo:echo for one of two");
  await discord.answersTo(both);
  const identified = counts.identified;

  await discord.chat.stop();
  const between = server.say(ada, server.general, "!demo:echo said in between");

  await discord.answersTo(between);
  assert.equal(identified, 1);
  assert.equal(counts.identified, 2);
  assert.equal(await discord.timesRecorded(both), 1);
  assert.equal(await discord.timesRecorded(between), 1);
  await second.stop();
});

test("reads what was said since a bot that was killed, and lets go of what it lost", async () => {
  const { server, ada, deps } = discord;
  const missed = server.say(ada, server.general, "!demo:echo nobody listened");
  await takeAway(1_000);

  const third = startDiscord(deps);
  await discord.answersTo(missed);
  await takeAway(-6_000);

  await waitFor(() => !server.gateway.isConnected(), { what: "the end of its session" });
  const later = server.say(ada, server.general, "!demo:echo after it was lost");
  await discord.answersTo(later);
  assert.equal(await discord.timesRecorded(missed), 1);
  assert.equal(await discord.timesRecorded(later), 1);
  await third.stop();
});
