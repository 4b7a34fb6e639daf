import { homedir, hostname } from "node:os";
import { join } from "node:path";
import { destination } from "pino";
import { joinRelay } from "../../../relay/enrol.ts";
import { readIdentity, relayDirectory } from "../../../relay/identity.ts";
import { startRelay } from "../../../relay/main.ts";
import type { MessageBus } from "../../../relay/process/bus.ts";
import { type Cleanup, createCleanup } from "../../../relay/process/cleanup.ts";
import { loadConfig } from "../../../relay/process/config.ts";
import type { ConfigValues } from "../../../relay/process/config-keys.ts";
import { defaultDataDirectory, lockDataDirectory } from "../../../relay/process/data-dir.ts";
import { createLogger, type Logger } from "../../../relay/process/logger.ts";
import { createMemoryBus } from "../../../relay/process/memory-bus.ts";
import { programVersion } from "../../../relay/process/package-root.ts";
import { listenForSignals } from "../../../relay/process/signals.ts";
import { describeEngines, detectEngines } from "../../../relay/runtime/detect.ts";
import { randomName } from "../../../relay/wire/ids.ts";
import { listBundles } from "../../bundles/installed.ts";
import { BotError } from "../../errors.ts";
import { type Bot, startBot } from "../../main.ts";
import { issueJoinToken } from "../../relays/enrol.ts";
import { startEmbeddedPostgres } from "../../store/embedded-postgres.ts";
import { bannerOf } from "./banner.ts";
import { runConsole } from "./console.ts";
import { installDemo } from "./demo.ts";
import { ALL_KEYS } from "./settings.ts";
import { waitForRelay } from "./wait-for-relay.ts";

type UpConfig = ConfigValues<typeof ALL_KEYS>;

const LOCAL_RELAY = "local";
const DEMO_BUNDLE = "demo";
const RELAY_READY_WITHIN_MS = 5_000;
const STOP_WITHIN_MS = 45_000;

export interface UpOptions {
  configPath?: string | undefined;
  env: Readonly<Record<string, string | undefined>>;
}

/**
 * Simple mode: bot, one relay, Postgres and the console in one process. Resolves to the exit code
 * once the console has ended, or a signal has come.
 */
export async function up(options: UpOptions): Promise<number> {
  const config = readConfig(options);
  if (!config) return 78;
  const cleanup = createCleanup({ deadlineMs: STOP_WITHIN_MS });
  const interrupted = new AbortController();
  const signals = listenForSignals({ onFirst: () => interrupted.abort() });
  cleanup.add("signals", () => signals.release());
  try {
    return await run(config, cleanup, interrupted);
  } catch (error) {
    if (interrupted.signal.aborted) return 0;
    if (!(error instanceof BotError)) throw error;
    return complain(error.message);
  } finally {
    await cleanup.stop();
  }
}

async function run(config: UpConfig, cleanup: Cleanup, end: AbortController): Promise<number> {
  const uid = process.getuid?.() ?? -1;
  const wanted = config.data_dir ?? defaultDataDirectory(process.env, { uid, homedir: homedir() });
  const lock = await lockDataDirectory(wanted);
  if (!lock.locked) return complain(lock.message);
  cleanup.add("data directory", () => lock.release());
  const dataDirectory = lock.path;
  const logFile = join(dataDirectory, "aldis.log");
  const log = createLogger({
    level: config["log.level"],
    destination: destination({ dest: logFile, mode: 0o600, sync: true }),
  });

  const postgres = await startEmbeddedPostgres({
    directory: join(dataDirectory, "postgres"),
    log,
    onUnexpectedEnd: (reason) => {
      complain(`Postgres ended: ${reason}`);
      end.abort();
    },
  });
  cleanup.add("postgres", () => postgres.stop());
  const memory = createMemoryBus();
  const connect = () =>
    memory.connect({ onError: (error) => log.error({ err: error }, "a message met a fault") });
  const bot = await startBot({
    config,
    dataDirectory,
    database: { url: postgres.appUrl, ownerUrl: postgres.ownerUrl },
    connectBus: async () => connect(),
    natsUrl: undefined,
    log,
    signal: end.signal,
  });
  cleanup.add("bot", () => bot.stop());
  // Not only at the first start: that one may have ended before this.
  const installed = await listBundles(bot.store, bot.workspaceId);
  if (installed.length === 0) await installDemo(bot.dispatch, bot.workspaceId);
  const relay = await startLocalRelay(config, bot, dataDirectory, connect(), log);
  cleanup.add("relay", () => relay.stop());
  await waitForRelay(bot.dispatch.registry, relay.relayId, RELAY_READY_WITHIN_MS);

  const isInteractive = Boolean(process.stdin.isTTY && process.stdout.isTTY);
  const engines = describeEngines(await detectEngines({ env: process.env }));
  const version = programVersion();
  process.stderr.write(bannerOf({ bot, version, dataDirectory, logFile, engines, isInteractive }));
  await runConsole(bot, join(dataDirectory, "history"), end.signal);
  return 0;
}

/** Joins once, by the same way as any relay, and runs on the bus of this process. */
async function startLocalRelay(
  config: UpConfig,
  bot: Bot,
  dataDirectory: string,
  bus: MessageBus,
  log: Logger,
): Promise<{ relayId: string; stop(): Promise<void> }> {
  const directory = relayDirectory(dataDirectory);
  const identity = await readIdentity(directory);
  const known = identity && bot.dispatch.registry.find(identity.relayId);
  if (!identity || !known || known.state === "removed") {
    const { workspaceId, dispatch, authority } = bot;
    const isTaken = bot.dispatch.registry
      .list(workspaceId)
      .some((relay) => relay.name === LOCAL_RELAY && relay.state !== "removed");
    // The identity of an earlier one was lost with its folder: its name stays with its record.
    const name = isTaken ? `${LOCAL_RELAY}-${randomName().slice(0, 6)}` : LOCAL_RELAY;
    const secret = await issueJoinToken(dispatch, { workspaceId, name, tags: {} });
    const keyListNumber = bot.keyListNumber();
    const token = { v: 1 as const, token: secret, authority, keyListNumber };
    const joined = await joinRelay({ bus, token, directory, hostname: hostname() });
    if (!joined.ok) throw new BotError("data-directory", `the local relay: ${joined.reason}`);
  }
  return startRelay({ config, dataDirectory, bus, log, env: process.env });
}

/** In simple mode the local relay runs the demo's native commands unless told otherwise. */
function readConfig({ configPath, env }: UpOptions): UpConfig | undefined {
  const loaded = loadConfig(ALL_KEYS, { configPath, env, cwd: process.cwd() });
  if (!loaded.ok) {
    for (const line of loaded.errors) complain(line);
    return undefined;
  }
  for (const line of loaded.warnings) process.stderr.write(`aldis: warning: ${line}\n`);
  const isUnset = loaded.sources["relay.native"] === "default";
  return isUnset ? { ...loaded.values, "relay.native": [DEMO_BUNDLE] } : loaded.values;
}

function complain(line: string): number {
  process.stderr.write(`aldis: ${line}\n`);
  return 1;
}
