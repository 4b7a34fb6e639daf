import assert from "node:assert/strict";
import { z } from "zod";
import { linkIdentity } from "../../../bot/access/identities.ts";
import { createUser } from "../../../bot/access/users.ts";
import type { ChatAdapter } from "../../../bot/chat/adapter.ts";
import { type DiscordDeps, startDiscord } from "../../../bot/chat/discord/discord.ts";
import { readWholeOutput } from "../../../bot/chat/live/whole-output.ts";
import { systemClock } from "../../../relay/process/clock.ts";
import { createLogger } from "../../../relay/process/logger.ts";
import { DEMO, startTestBot, type TestBot } from "../bot.ts";
import { withClient } from "../postgres-cluster.ts";
import type { ScriptedRelay } from "../scripted-relay.ts";
import { waitFor } from "../wait.ts";
import { type DiscordServer, type DiscordServerOptions, startDiscordServer } from "./server.ts";
import type { Channel, StoredMessage, User } from "./world.ts";

/** Beside the demo: what may be denied, what has options of each type. */
export const WEB = `
aldis_bundle_version: 1
name: web
version: 1.0.0
description: A web site.
permissions: [deploy]
commands:
  deploy:
    description: Deploys.
    executable: [/bin/echo, deploying]
    native: true
    options:
      version: { type: string, description: Which version }
      retries: { type: int }
      dry: { type: bool }
      region: { type: enum, choices: [eu, us] }
      host: { type: string, choices: [${hosts(40)}] }
    arguments: [{ name: environment, required: true, choices: [staging, prod] }]
    rules:
      - with arg[0] == "prod" must have web:deploy
      - with arg[0] == "staging" allow
  secret:
    description: Only for those who may deploy.
    executable: [/bin/echo]
    native: true
    options:
      target: { type: string, choices: [${hosts(30)}] }
    rules: [must have web:deploy]
`;

function hosts(count: number): string {
  return Array.from({ length: count }, (_, index) => `host-${index + 1}`).join(", ");
}

const Recorded = z.object({ channel: z.string(), decision: z.string() });
type Recorded = z.infer<typeof Recorded>;

/** A whole bot that speaks to the protocol server, with one relay. */
export interface DiscordBot {
  bot: TestBot;
  server: DiscordServer;
  chat: ChatAdapter;
  relay: ScriptedRelay;
  /** What {@link startDiscord} was given. */
  deps: DiscordDeps;
  /** The administrator, known in the guild and in direct messages. */
  ada: User;
  /** Known, and holds nothing. */
  sam: User;
  /** Nobody that the bot knows. */
  eve: User;
  /** The bot's answers below one message, once there are so many. */
  answersTo(message: StoredMessage, count?: number): Promise<StoredMessage[]>;
  /** The bot's messages in a channel, once there are so many. */
  saidIn(channel: Channel, count?: number): Promise<StoredMessage[]>;
  recorded(message: { id: string }): Promise<Recorded[]>;
  /** How often a message has become an invocation. */
  timesRecorded(message: { id: string }): Promise<number>;
  /** Once the relay has printed this. */
  hasRun(text: string): boolean;
  close(): Promise<void>;
}

export interface DiscordBotOptions {
  server?: DiscordServerOptions;
  deps?: Partial<DiscordDeps>;
  /** When false, a test takes each offer by hand. */
  runsEverything?: boolean;
}

export async function startDiscordBot(options: DiscordBotOptions = {}): Promise<DiscordBot> {
  const { runsEverything = true } = options;
  const server = await startDiscordServer(options.server);
  const bot = await startTestBot();
  await bot.install(DEMO);
  await bot.install(WEB);
  const relay = await bot.relay("first", { runsEverything });
  const ada = server.addUser("ada");
  const sam = server.addUser("sam");
  const eve = server.addUser("eve");
  const administrator = await linkUser(bot, server, ada, bot.firstStart?.userName ?? "");
  await createUser(bot.store, bot.workspaceId, { name: "sam" }, administrator);
  await linkUser(bot, server, sam, "sam");
  const deps = { ...depsOf(bot, server), ...options.deps };
  const chat = startDiscord(deps);
  await waitFor(() => server.gateway.isConnected() && server.world.commands.length > 0, {
    what: "the bot at the gateway",
  });

  const recorded = ({ id }: { id: string }) =>
    withClient(bot.database.ownerUrl, async (client) => {
      const query = "select channel, decision from invocations where message_id = $1";
      return z.array(Recorded).parse((await client.query(query, [id])).rows);
    });
  const answersTo = (message: StoredMessage) => (each: StoredMessage) =>
    each.replyTo === message.id;
  const atLeast = async (channel: Channel | undefined, count: number, is: Is = () => true) =>
    waitFor(
      () => {
        const found = server.said(channel).filter(is);
        return found.length >= count ? found : undefined;
      },
      { what: `${count} answers` },
    );
  return {
    bot,
    server,
    chat,
    relay,
    deps,
    ada,
    sam,
    eve,
    answersTo: (message, count = 1) => atLeast(undefined, count, answersTo(message)),
    saidIn: (channel, count = 1) => atLeast(channel, count),
    recorded,
    timesRecorded: async (message) => (await recorded(message)).length,
    hasRun: (text) => relay.offers.some(({ spec }) => spec.argv.join(" ").includes(text)),
    async close() {
      await chat.stop();
      relay.stop();
      await bot.close();
      await server.stop();
    },
  };
}

type Is = (message: StoredMessage) => boolean;

export function depsOf(bot: TestBot, server: DiscordServer): DiscordDeps {
  const { workspaceId, store, views } = bot;
  const clock = systemClock;
  const nobody = { adapter: "discord", installation: "", providerUser: "" };
  return {
    handle: bot.intake.take,
    workspaceId,
    views,
    store,
    prefix: async () => (await views.read(workspaceId, nobody)).prefix,
    readOutput: (executionId) => readWholeOutput({ store, clock }, { workspaceId, executionId }),
    clock,
    log: createLogger({ level: "silent" }),
    token: server.token,
    apiUrl: server.apiUrl,
    usesThreads: false,
  };
}

export async function linkUser(
  { store, workspaceId, views, consoleUser }: TestBot,
  server: DiscordServer,
  user: User,
  name: string,
) {
  const place = { adapter: "console", installation: "local", providerUser: consoleUser };
  const { caller } = await views.read(workspaceId, place);
  const actor = { userId: caller?.userId ?? "", method: "test" };
  const { guild, applicationId } = server.world;
  for (const installation of [guild.id, applicationId]) {
    const identity = { adapter: "discord", installation, providerUser: user.id };
    const linked = await linkIdentity(store, workspaceId, name, identity, actor);
    assert.ok(linked.ok, JSON.stringify(linked));
  }
  views.forget(workspaceId);
  return actor;
}
