import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { enableBundle, installBundle } from "../../bot/bundles/installed.ts";
import { BOT_KEYS } from "../../bot/config.ts";
import type { Message } from "../../bot/invocation/message.ts";
import { type Bot, startBot } from "../../bot/main.ts";
import { issueJoinToken } from "../../bot/relays/enrol.ts";
import { startEmbeddedPostgres } from "../../bot/store/embedded-postgres.ts";
import { createCleanup } from "../../relay/process/cleanup.ts";
import { loadConfig } from "../../relay/process/config.ts";
import { createLogger } from "../../relay/process/logger.ts";
import { connectNats } from "../../relay/process/nats-bus.ts";
import { uuidv7 } from "../../relay/wire/ids.ts";
import { printJoinToken } from "../../relay/wire/join-token.ts";
import { startNatsServer } from "../support/nats-server.ts";

/** Real Postgres with fsync, a real NATS server, and a bot in this process. */
export interface Stage {
  bot: Bot;
  natsUrl: string;
  ownerUrl: string;
  directory: string;
  joinToken(name: string): Promise<string>;
  /**
   * Lets Postgres look at its tables, as it does by itself within a minute: until then it plans for
   * empty ones. To be called after a warm-up.
   */
  analyze(): Promise<void>;
  stop(): Promise<void>;
}

export async function openStage(bundle: string): Promise<Stage> {
  const cleanup = createCleanup();
  const directory = await mkdtemp("/var/tmp/aldis-bench-").catch(() =>
    mkdtemp(join(tmpdir(), "aldis-bench-")),
  );
  cleanup.add("directory", () => rm(directory, { recursive: true, force: true }));
  const log = createLogger({ level: "error" });
  const postgres = await startEmbeddedPostgres({ directory: join(directory, "postgres"), log });
  cleanup.add("postgres", () => postgres.stop());
  const nats = await startNatsServer();
  cleanup.add("nats", () => nats.stop());
  const env = { ALDIS_API_ADDRESS: "127.0.0.1:0" };
  const loaded = loadConfig(BOT_KEYS, { env, cwd: directory });
  if (!loaded.ok) throw new Error(loaded.errors.join("\n"));
  const onError = (error: unknown) => log.error({ err: error }, "bus");
  const bot = await startBot({
    config: loaded.values,
    dataDirectory: directory,
    database: { url: postgres.appUrl, ownerUrl: postgres.ownerUrl },
    connectBus: () => connectNats({ servers: nats.url, name: "bench bot", onError, log }),
    natsUrl: nats.url,
    log,
    signal: new AbortController().signal,
  });
  cleanup.add("bot", () => bot.stop());
  const { store, workspaceId } = bot;
  const actor = { userId: undefined, method: "bench" };
  const source = { text: bundle, file: "bench.yaml" };
  const installed = await installBundle(bot.dispatch, workspaceId, source, actor);
  if (!installed.ok) throw new Error(installed.errors.join("\n"));
  await enableBundle(store, workspaceId, installed.bundle.name, undefined, actor);
  return {
    bot,
    natsUrl: nats.url,
    ownerUrl: postgres.ownerUrl,
    directory,
    joinToken: async (name) => {
      const token = await issueJoinToken(bot.dispatch, { workspaceId, name, tags: {} });
      return printJoinToken({
        v: 1,
        nats: nats.url,
        token,
        authority: bot.authority,
        keyListNumber: bot.keyListNumber(),
      });
    },
    async analyze() {
      const owner = new pg.Client(postgres.ownerUrl);
      await owner.connect();
      await owner.query("analyze");
      await owner.end();
    },
    stop: async () => void (await cleanup.stop()),
  };
}

/** A line said at the console by the bench. */
export function benchMessage(bot: Bot, text: string): Message {
  return {
    workspaceId: bot.workspaceId,
    adapter: "console",
    installation: "local",
    channel: "bench",
    messageId: uuidv7(),
    text,
    saidAt: new Date(),
    caller: { adapter: "console", installation: "local", providerUser: bot.consoleUser },
    isDirect: true,
    mentions: [],
  };
}
