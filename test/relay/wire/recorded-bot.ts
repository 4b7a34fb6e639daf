import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { enableBundle, installBundle } from "../../../bot/bundles/installed.ts";
import { BOT_KEYS } from "../../../bot/config.ts";
import type { Conversation } from "../../../bot/invocation/message.ts";
import { type Bot, startBot } from "../../../bot/main.ts";
import { loadConfig } from "../../../relay/process/config.ts";
import { createLogger } from "../../../relay/process/logger.ts";
import type { MemoryBus } from "../../../relay/process/memory-bus.ts";
import { packageRoot } from "../../../relay/process/package-root.ts";
import { uuidv7 } from "../../../relay/wire/ids.ts";

/** A migrated database, as the bot logs in to it. */
export interface Database {
  url: string;
}

/** Native, and in no list of what a relay's owner allows. */
const FORBIDDEN = `
aldis_bundle_version: 1
name: forbidden
version: 1.0.0
description: What no relay's owner allows.
commands:
  here: { description: Runs nowhere., executable: [/bin/true], native: true, rules: [allow] }
`;

/** A bot that a recording is made of, with the demo and a bundle that its relay refuses. */
export async function startRecordedBot(options: {
  wire: MemoryBus;
  folder: string;
  database: Database;
}): Promise<Bot> {
  const { wire, folder, database } = options;
  const env = {
    ALDIS_API_ADDRESS: "127.0.0.1:0",
    ALDIS_DISPATCH_SWEEP_INTERVAL: "100ms",
    ALDIS_STOP_DEADLINE: "1s",
  };
  const loaded = loadConfig(BOT_KEYS, { env, cwd: folder });
  if (!loaded.ok) throw new Error(loaded.errors.join("\n"));
  const bot = await startBot({
    config: loaded.values,
    dataDirectory: folder,
    database: { url: database.url, ownerUrl: undefined },
    connectBus: async () => wire.connect({ onError: () => {} }),
    natsUrl: undefined,
    log: createLogger({ level: "silent" }),
    signal: new AbortController().signal,
  });
  const demo = await readFile(join(packageRoot(), "bundles/demo.yaml"), "utf8");
  for (const text of [demo, FORBIDDEN]) await install(bot, text);
  return bot;
}

async function install(bot: Bot, text: string): Promise<void> {
  const actor = { userId: undefined, method: "test" };
  const source = { text, file: "recorded.yaml" };
  const installed = await installBundle(bot.dispatch, bot.workspaceId, source, actor);
  // The second life of the bot finds both.
  if (!installed.ok) return;
  await enableBundle(bot.store, bot.workspaceId, installed.bundle.name, undefined, actor);
}

/** Says a line at the console as its administrator, whatever is answered. */
export function say(bot: Bot, text: string): void {
  const conversation: Conversation = {
    accepted: () => {},
    tell: async () => {},
    follow: () => ({ state: () => {}, output: () => {}, ended: async () => {} }),
  };
  const place = { adapter: "console", installation: "local" } as const;
  void bot.intake.take(
    {
      ...place,
      workspaceId: bot.workspaceId,
      channel: "console",
      messageId: uuidv7(),
      text,
      saidAt: new Date(),
      caller: { ...place, providerUser: bot.consoleUser },
      isDirect: true,
      mentions: [],
    },
    conversation,
  );
}
