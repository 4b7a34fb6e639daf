import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { RELAY_KEYS, type RelayConfig } from "../../relay/config.ts";
import { ensureKeys, relayDirectory, saveIdentity, saveKeyList } from "../../relay/identity.ts";
import { type Relay, startRelay } from "../../relay/main.ts";
import type { MessageBus } from "../../relay/process/bus.ts";
import { loadConfig } from "../../relay/process/config.ts";
import { createLogger, type Logger } from "../../relay/process/logger.ts";
import { createMemoryBus, type MemoryBus } from "../../relay/process/memory-bus.ts";
import type { Engines } from "../../relay/runtime/detect.ts";
import { uuidv7 } from "../../relay/wire/ids.ts";
import { type ScriptedBot, startScriptedBot } from "../support/scripted-bot.ts";
import { waitFor } from "../support/wait.ts";

export const silentLog: Logger = createLogger({ level: "silent" });

/** A directory that is gone after the test. */
export async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "aldis-test-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

/** Settings as the relay reads them, with short waits. */
export function relayConfig(change: Record<string, string> = {}): RelayConfig {
  const env = {
    ALDIS_RELAY_NATIVE: "demo",
    // Probing the host takes longer than most of these tests; and they look for processes by number.
    ALDIS_RELAY_NATIVE_ISOLATION: "none",
    ALDIS_RELAY_CAPACITY: "8",
    ALDIS_RELAY_HEARTBEAT: "50ms",
    ALDIS_RELAY_PRESENCE_SPACING: "5ms",
    ALDIS_RELAY_CLAIM_TIMEOUT: "200ms",
    ALDIS_RELAY_CONFIRM_TIMEOUT: "200ms",
    ALDIS_RELAY_RETRY_MIN: "5ms",
    ALDIS_RELAY_RETRY_MAX: "20ms",
    ALDIS_RELAY_KILL_GRACE: "200ms",
    ALDIS_RELAY_STOP_DEADLINE: "100ms",
    ALDIS_RELAY_SETTLE_DEADLINE: "500ms",
    ...change,
  };
  const loaded = loadConfig(RELAY_KEYS, { env, cwd: join(tmpdir(), "aldis-no-such-folder") });
  if (!loaded.ok) throw new Error(loaded.errors.join("\n"));
  return loaded.values;
}

export interface RelayUnderTest {
  wire: MemoryBus;
  bot: ScriptedBot;
  relayId: string;
  /** Where everything of the relay lies now. */
  directory(): string;
  /** Starts one more life of the relay on the same directory. */
  start(change?: Record<string, string>): Promise<Relay>;
  /**
   * Takes the bus away, and goes on with a copy of the disk as it is now: nothing that the old
   * life still does can reach the new one.
   */
  crash(): Promise<void>;
  /** Messages that were refused, as logged. */
  refusals(): { kind: string; reason: string }[];
  logged(): string;
}

/** A relay that has joined a scripted bot, not yet started. */
export async function joinedRelay(engines: Engines = {}): Promise<RelayUnderTest> {
  let dataDirectory = await temporaryDirectory();
  const directory = relayDirectory(dataDirectory);
  const relayId = uuidv7();
  const { signing } = await ensureKeys(directory);
  const wire = createMemoryBus();
  const botBus = wire.connect({ onError: fail });
  const bot = startScriptedBot(botBus, { relayId, publicJwk: signing.publicJwk });
  await saveKeyList(directory, await bot.keyListJws());
  await saveIdentity(directory, {
    version: 1,
    relayId,
    name: "test",
    tags: { role: "web" },
    authority: bot.authority.kid,
  });
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  const log = createLogger({ level: "debug", destination });
  const lives: { relay: Relay; bus: MessageBus }[] = [];

  async function start(change: Record<string, string> = {}): Promise<Relay> {
    const bus = wire.connect({ onError: fail });
    const before = new Set(bot.presences.map(({ epoch }) => epoch));
    const options = { config: relayConfig(change), dataDirectory, log, bus, engines };
    const relay = await startRelay(options);
    lives.push({ relay, bus });
    await waitFor(() => !before.has(bot.epoch()) && bot.epoch(), { what: "the relay's presence" });
    return relay;
  }

  onTestFinished(async () => {
    for (const { relay, bus } of lives) {
      await bus.stop();
      await relay.stop();
    }
    await bot.stop();
  });

  async function crash(): Promise<void> {
    await lives.at(-1)?.bus.stop();
    const copy = await temporaryDirectory();
    await cp(dataDirectory, copy, { recursive: true });
    dataDirectory = copy;
  }

  return {
    wire,
    bot,
    relayId,
    directory: () => relayDirectory(dataDirectory),
    start,
    crash,
    logged: () => lines.join(""),
    refusals: () =>
      lines
        .map((line): { msg: string; kind: string; reason: string } => JSON.parse(line))
        .filter(({ msg }) => msg === "message refused"),
  };
}

/** {@link joinedRelay}, started. */
export async function startedRelay(
  change: Record<string, string> = {},
): Promise<RelayUnderTest & { relay: Relay }> {
  const joined = await joinedRelay();
  return { ...joined, relay: await joined.start(change) };
}

function fail(error: unknown): void {
  throw error;
}
