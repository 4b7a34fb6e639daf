import { join } from "node:path";
import { z } from "zod";
import { COMMON_KEYS } from "../relay/process/common-keys.ts";
import { type ConfigValues, defineKeys } from "../relay/process/config-keys.ts";
import { address, durationMs, text, urlOf } from "../relay/process/config-types.ts";

const databaseUrl = () => urlOf(["postgres", "postgresql"]);
const isPrivate = (url: string) =>
  /^https:/i.test(url) ||
  /^http:\/\/(127\.\d+\.\d+\.\d+|\[::1\]|localhost)(:\d+)?(\/|$)/i.test(url);

/** What only a bot has. */
export const BOT_OWN_KEYS = defineKeys([
  {
    path: "database.url",
    schema: databaseUrl().optional(),
    secret: true,
    description: "Postgres, as the role that is bound by row-level security; made if missing",
    example: "postgres://aldis:PASSWORD@db.example.com/aldis",
  },
  {
    path: "database.owner_url",
    schema: databaseUrl().optional(),
    secret: true,
    description: "The same database as its owner, for migrations; without it, run aldis migrate",
    example: "postgres://postgres:PASSWORD@db.example.com/aldis",
  },
  {
    path: "database.password",
    schema: text().optional(),
    secret: true,
    description: "Password of the user of database.url, where the URL holds none",
  },
  {
    path: "database.owner_password",
    schema: text().optional(),
    secret: true,
    description: "Password of the user of database.owner_url, where the URL holds none",
  },
  {
    path: "api.address",
    schema: address(),
    default: "127.0.0.1:4000",
    description: "Where the REST API, health and metrics listen",
  },
  {
    path: "signing_key_file",
    schema: text().optional(),
    description: "Key that signs offers and permits; made at first start below data_dir",
  },
  {
    path: "master_key_file",
    schema: text().optional(),
    description: "Key that authenticates decisions in the database; made at first start",
  },
  {
    path: "authority_key_file",
    schema: text().optional(),
    description: "Key that signs the list of bots' keys; need not be on every bot",
  },
  {
    path: "slack.app_token",
    schema: text().optional(),
    secret: true,
    description: "App-level token for Socket Mode; Slack is loaded only if both tokens are set",
  },
  {
    path: "slack.bot_token",
    schema: text().optional(),
    secret: true,
    description: "Bot token of the Slack app",
  },
  {
    path: "slack.api_url",
    schema: urlOf(["https", "http"])
      .refine(isPrivate, "expected https:// (http:// only on this machine): tokens are sent there")
      .optional(),
    description: "Another address of Slack's Web API, for a proxy or a test",
  },
  {
    path: "discord.token",
    schema: text().optional(),
    secret: true,
    description: "Bot token of the Discord application; Discord is loaded only if it is set",
  },
  {
    path: "discord.api_url",
    schema: urlOf(["https", "http"])
      .refine(
        isPrivate,
        "expected https:// (http:// only on this machine): the token is sent there",
      )
      .optional(),
    description: "Another address of Discord's API, for a proxy or a test",
  },
  {
    path: "discord.replies",
    schema: z.enum(["channel", "thread"]),
    default: "channel",
    description:
      "Where what a command prints is shown: below its message, or in a thread of that message",
  },
  {
    path: "dispatch.relay_silence",
    schema: durationMs(),
    default: "15s",
    description: "Silence after which a relay is shown as unreachable and offered nothing",
  },
  {
    path: "dispatch.sweep_interval",
    schema: durationMs(),
    default: "1s",
    description: "How often waiting executions and overdue offers are looked at",
  },
  {
    path: "audit.link_interval",
    schema: durationMs(),
    default: "200ms",
    description:
      "How often new audit events are linked into the chain; a lease lasts three times as long",
  },
  {
    path: "stop_deadline",
    schema: durationMs(),
    default: "30s",
    description: "How long the bot waits for what is in hand before it stops",
  },
]);

/** Every setting of the bot. `docs/configuration.md` is made from this table. */
export const BOT_KEYS = [...COMMON_KEYS, ...BOT_OWN_KEYS] as const;

export type BotConfig = ConfigValues<typeof BOT_KEYS>;

/** Top-level names of the file that are the relay's: one file may serve both programs. */
export const RELAY_SECTIONS: readonly string[] = ["relay"];

/** The database's URLs with their passwords, undefined where they are not set. */
export function databaseUrlsOf(config: BotConfig): {
  url: string | undefined;
  ownerUrl: string | undefined;
} {
  return {
    url: withPassword(config["database.url"], config["database.password"]),
    ownerUrl: withPassword(config["database.owner_url"], config["database.owner_password"]),
  };
}

function withPassword(url: string | undefined, password: string | undefined): string | undefined {
  if (url === undefined || password === undefined) return url;
  const parsed = new URL(url);
  if (parsed.password === "") parsed.password = encodeURIComponent(password);
  return parsed.href;
}

/** Where the bot's keys lie unless the configuration names other files. */
export function keyFilesOf(config: BotConfig, dataDirectory: string) {
  const below = (name: string) => join(dataDirectory, "keys", name);
  return {
    signing: config.signing_key_file ?? below("signing.pem"),
    master: config.master_key_file ?? below("master.key"),
    authority: config.authority_key_file ?? below("authority.pem"),
  };
}

/** What each chat is started with; nothing for one that is not configured. */
export function chatSettingsOf(config: BotConfig) {
  const appToken = config["slack.app_token"];
  const botToken = config["slack.bot_token"];
  const slack = { appToken, botToken, apiUrl: config["slack.api_url"] };
  const token = config["discord.token"];
  const usesThreads = config["discord.replies"] === "thread";
  const discord = token === undefined ? undefined : { token, usesThreads };
  return {
    ...((appToken ?? botToken) !== undefined && { slack }),
    ...(discord && { discord: { ...discord, apiUrl: config["discord.api_url"] } }),
  };
}
