import { homedir } from "node:os";
import { loadConfig } from "../../relay/process/config.ts";
import { defaultDataDirectory } from "../../relay/process/data-dir.ts";
import { armFaultPoint } from "../../relay/process/fault-point.ts";
import { createLogger, type Logger } from "../../relay/process/logger.ts";
import { readNamedFile } from "../../relay/process/named-file.ts";
import { connectNats } from "../../relay/process/nats-bus.ts";
import { natsAccess } from "../../relay/process/nats-options.ts";
import { listenForSignals } from "../../relay/process/signals.ts";
import { randomName } from "../../relay/wire/ids.ts";
import { BOT_KEYS, type BotConfig, databaseUrlsOf, RELAY_SECTIONS } from "../config.ts";
import { BotError, type ErrorCode } from "../errors.ts";
import { startBot } from "../main.ts";
import { type NatsFiles, openNatsAuthority } from "../relays/nats-authority.ts";
import { createFaultLog } from "../store/outage.ts";
import type { Environment } from "./connection.ts";
import { CliFailure, EXIT } from "./failure.ts";

/** The bot alone, over NATS and a Postgres of its own; runs until a signal. */
export async function runBot(configPath: string | undefined, env: Environment): Promise<number> {
  const config = readConfig(configPath, env);
  const log = createLogger({ level: config["log.level"], pretty: process.stderr.isTTY });
  armFaultPoint(env, log);
  const stop = Promise.withResolvers<void>();
  const stopping = new AbortController();
  const signals = listenForSignals({
    onFirst(signal) {
      log.info({ signal }, "stopping");
      stopping.abort();
      stop.resolve();
    },
  });
  try {
    await serve(config, env, log, stopping.signal, stop.promise);
    return 0;
  } catch (error) {
    if (stopping.signal.aborted) return 0;
    throw error instanceof BotError ? new CliFailure(error.message, exitCodeOf(error.code)) : error;
  } finally {
    signals.release();
  }
}

async function serve(
  config: BotConfig,
  env: Environment,
  log: Logger,
  signal: AbortSignal,
  stopped: Promise<void>,
): Promise<void> {
  const { url: databaseUrl, ownerUrl } = databaseUrlsOf(config);
  const url = needed(databaseUrl, "database.url", "ALDIS_DATABASE_URL");
  const natsUrl = needed(config["nats.url"], "nats.url", "ALDIS_NATS_URL");
  const user = { uid: process.getuid?.() ?? -1, homedir: homedir() };
  const noteFault = createFaultLog(log);
  const onError = (error: unknown) => noteFault(error, {}, "a message met a fault");
  const files = await readNatsFiles(config);
  const bot = await startBot({
    config,
    dataDirectory: config.data_dir ?? defaultDataDirectory(env, user),
    database: { url, ownerUrl },
    connectBus: () =>
      connectNats({
        servers: natsUrl,
        name: "aldis bot",
        inboxPrefix: `_INBOX.bot.${randomName()}`,
        ...natsAccess(files.creds === undefined ? undefined : { creds: files.creds }, files.ca),
        signal,
        onError,
        log,
      }),
    natsUrl: withoutCredentials(natsUrl),
    nats: await openNatsAuthority(natsUrl, files, log),
    log,
    signal,
  });
  const { firstStart, apiAddress } = bot;
  if (firstStart) log.info(firstStart, "first start: administrator made, token written");
  log.info({ api: apiAddress }, "bot ready");
  await stopped;
  await bot.stop();
  log.info("bot stopped");
}

function readConfig(configPath: string | undefined, env: Environment): BotConfig {
  const loaded = loadConfig(BOT_KEYS, {
    configPath,
    env,
    cwd: process.cwd(),
    elsewhere: RELAY_SECTIONS,
  });
  if (!loaded.ok) throw new CliFailure(loaded.errors.join("\n"), EXIT.configuration);
  for (const warning of loaded.warnings) process.stderr.write(`aldis: ${warning}\n`);
  return loaded.values;
}

function needed(value: string | undefined, key: string, variable: string): string {
  if (value !== undefined) return value;
  const line = `set ${variable}, or "${key}" in aldis.yaml; aldis up needs neither`;
  throw new CliFailure(line, EXIT.configuration);
}

async function readNatsFiles(config: BotConfig): Promise<NatsFiles> {
  const read = async (key: NatsFileKey) => {
    const file = await readNamedFile(key, config[key]);
    if (!file.ok) throw new CliFailure(file.reason, EXIT.configuration);
    return file.text;
  };
  return {
    creds: await read("nats.creds_file"),
    ca: await read("nats.ca_file"),
    accountKey: await read("nats.account_key_file"),
    systemCreds: await read("nats.system_creds_file"),
    operatorKey: await read("nats.operator_key_file"),
  };
}

type NatsFileKey = Extract<keyof BotConfig, `nats.${string}_file`>;

/** What the bot logs in with is no relay's business. */
function withoutCredentials(natsUrl: string): string {
  const url = new URL(natsUrl);
  url.username = "";
  url.password = "";
  return url.href.replace(/\/$/, "");
}

function exitCodeOf(code: ErrorCode): number {
  switch (code) {
    case "config":
    case "key":
    case "database-refused":
    case "schema-outdated":
    case "data-directory":
      return EXIT.configuration;
    default:
      return EXIT.unavailable;
  }
}
