import assert from "node:assert/strict";
import { afterAll, beforeAll, test } from "vitest";
import { readAuditPage } from "../../../../bot/audit/read.ts";
import { startTestBot, type TestBot } from "../../../support/bot.ts";
import { linkUser } from "../../../support/discord/discord-bot.ts";
import { type DiscordServer, startDiscordServer } from "../../../support/discord/server.ts";
import { directChannel, type StoredMessage } from "../../../support/discord/world.ts";
import { type NativeRelay, startNativeRelay } from "../../../support/native-relay.ts";
import { waitFor } from "../../../support/wait.ts";

let server: DiscordServer;
let bot: TestBot;
let relay: NativeRelay;

/** The bot starts Discord by its configuration; the relay is a real one. */
beforeAll(async () => {
  server = await startDiscordServer();
  const env = {
    ALDIS_DISCORD_TOKEN: server.token,
    ALDIS_DISCORD_API_URL: server.apiUrl,
    ALDIS_DISCORD_REPLIES: "thread",
  };
  bot = await startTestBot({ env });
  relay = await startNativeRelay(bot);
  await waitFor(() => server.gateway.isConnected(), { what: "the bot at the gateway" });
});

afterAll(async () => {
  await relay.stop();
  await bot.close();
  await server.stop();
});

test("from a message to the thread: the command ran once, and the audit has it", async () => {
  const ada = server.addUser("ada");
  await linkUser(bot, server, ada, bot.firstStart?.userName ?? "");
  const { line, mark } = relay.command();

  const message = server.say(ada, server.general, line);

  const thread = await waitFor(() => server.world.channels.get(message.id), { what: "a thread" });
  const shown = await waitFor(() => server.said(thread).find(isDone), { what: "the end" });
  assert.match(shown.content, new RegExp(`\`\`\`\nmarked ${mark}\n\`\`\``));
  assert.equal(await relay.timesRun(mark), 1);
  assert.deepEqual(await auditOf(line), { adapter: "discord", outcome: "succeeded" });
});

test("a denied one: the reason to its caller, nothing run, and the audit has it", async () => {
  const eve = server.addUser("eve");
  const { line, mark } = relay.command();

  server.say(eve, server.general, line);

  const direct = directChannel(server.world, eve);
  const answer = await waitFor(() => server.said(direct)[0], { what: "the denial" });
  assert.match(answer.content, /belongs to no active user/);
  assert.equal(await relay.timesRun(mark), 0);
  assert.deepEqual(await auditOf(line), { adapter: "discord", outcome: "denied" });
});

function isDone({ content }: StoredMessage): boolean {
  return content.includes("✅");
}

async function auditOf(text: string) {
  const { lines } = await readAuditPage(bot.store, bot.workspaceId, {}, { limit: 50 });
  const found = lines.find((line) => line.text === text);
  return { adapter: found?.adapter, outcome: found?.outcome };
}
