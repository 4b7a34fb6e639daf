import { homedir, hostname } from "node:os";
import { Registry } from "prom-client";
import { type AgentDeps, startAgent } from "./agent/agent.ts";
import { startRelayHealth } from "./agent/health.ts";
import { openHeadKeeper } from "./agent/kept-heads.ts";
import { relayMetrics } from "./agent/metrics.ts";
import { prepareAgent } from "./agent/prepare.ts";
import { describeHeads } from "./agent/show-heads.ts";
import { BOT_SECTIONS, RELAY_KEYS, type RelayConfig } from "./config.ts";
import { connectAsRelay, connectToJoin } from "./connect.ts";
import { joinRelay } from "./enrol.ts";
import { EXIT, RelayFailure } from "./failure.ts";
import { type Identity, readIdentity, relayDirectory, saveKeyList } from "./identity.ts";
import type { MessageBus } from "./process/bus.ts";
import { type Cleanup, createCleanup } from "./process/cleanup.ts";
import { loadConfig } from "./process/config.ts";
import { defaultDataDirectory, lockDataDirectory } from "./process/data-dir.ts";
import { armFaultPoint } from "./process/fault-point.ts";
import { createLogger, type Logger } from "./process/logger.ts";
import { programVersion } from "./process/package-root.ts";
import { listenForSignals } from "./process/signals.ts";
import { rotateKeys } from "./rotate.ts";
import type { ContainerRuntime } from "./runtime/runtime.ts";
import { parseJoinToken } from "./wire/join-token.ts";

type Environment = Readonly<Record<string, string | undefined>>;

export interface RelayOptions {
  config: RelayConfig;
  dataDirectory: string;
  log: Logger;
  /** The bus of this process; without it the relay connects to NATS, and disconnects when it stops. */
  bus?: MessageBus;
  /** What runs commands, in place of what this host has. */
  runtimes?: readonly ContainerRuntime[];
  /** Gives up connecting. */
  signal?: AbortSignal;
}

export interface Relay {
  relayId: string;
  name: string;
  /** Says that no more offers are taken; what is in hand goes on. */
  drain(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts a relay that has joined a bot: what an earlier life left open is settled or taken back
 * before anything new is heard.
 */
export async function startRelay(options: RelayOptions): Promise<Relay> {
  const { config } = options;
  const deadlineMs =
    config["relay.stop_deadline"] + config["relay.settle_deadline"] + config["relay.kill_grace"];
  const cleanup = createCleanup({ deadlineMs: deadlineMs + 10_000 });
  try {
    return await start(options, cleanup);
  } catch (error) {
    await cleanup.stop();
    throw error;
  }
}

async function start(options: RelayOptions, cleanup: Cleanup): Promise<Relay> {
  const { config, log } = options;
  const directory = relayDirectory(options.dataDirectory);
  const lock = await lockDataDirectory(directory);
  if (!lock.locked) throw new RelayFailure(lock.message, EXIT.configuration);
  cleanup.add("relay directory", () => lock.release());
  const identity = await identityIn(directory);
  const killGraceMs = config["relay.kill_grace"];
  const prepared = await prepareAgent(directory, identity, {
    killGraceMs,
    runtimes: options.runtimes,
    log,
  });
  const { journal } = prepared;
  cleanup.add("journal", () => journal.close());
  const bus = options.bus ?? (await connectBus(options, identity, cleanup));
  const metrics = new Registry();
  const agent = await startAgent({
    ...prepared,
    ...identity,
    saveKeyList: (jws) => saveKeyList(directory, jws),
    openHeads: (keys) => openHeadKeeper({ directory, keys, log }),
    nativeBundles: config["relay.native"],
    capacity: config["relay.capacity"],
    program: `aldis ${programVersion()}`,
    waits: waitsOf(config),
    bus,
    metrics: relayMetrics(metrics),
    log,
  });
  cleanup.add("agent", () => agent.stop());
  const address = config["relay.health_address"];
  if (address) {
    const health = await startRelayHealth(address, { bus, journal, metrics });
    cleanup.add("health", () => health.stop());
  }
  const { relayId, name, tags } = identity;
  log.info({ relayId, relay: name, tags }, "relay ready");
  return { relayId, name, drain: () => agent.drain(), stop: () => stopAll(cleanup, log) };
}

function waitsOf(config: RelayConfig): AgentDeps["waits"] {
  return {
    claimMs: config["relay.claim_timeout"],
    confirmMs: config["relay.confirm_timeout"],
    retryMinMs: config["relay.retry_min"],
    retryMaxMs: config["relay.retry_max"],
    permitMs: config["relay.permit_lifetime"],
    heartbeatMs: config["relay.heartbeat"],
    presenceSpacingMs: config["relay.presence_spacing"],
    stopMs: config["relay.stop_deadline"],
    settleMs: config["relay.settle_deadline"],
  };
}

async function identityIn(directory: string): Promise<Identity> {
  const identity = await readIdentity(directory);
  if (identity) return identity;
  const line = 'this relay has not joined a bot: run "aldis relay join TOKEN"';
  throw new RelayFailure(line, EXIT.configuration);
}

async function connectBus(
  options: RelayOptions,
  identity: Identity,
  cleanup: Cleanup,
): Promise<MessageBus> {
  const directory = relayDirectory(options.dataDirectory);
  const bus = await connectAsRelay(options, identity, directory);
  cleanup.add("bus", () => bus.stop());
  return bus;
}

async function stopAll(cleanup: Cleanup, log: Logger): Promise<void> {
  for (const { name, error } of await cleanup.stop()) {
    log.warn({ part: name, err: error }, "did not stop as it should");
  }
}

/** `aldis relay`: runs until a signal; resolves to the exit code. */
export async function runRelay(path: string | undefined, env: Environment): Promise<number> {
  const { config, dataDirectory, log } = readConfig(path, env);
  armFaultPoint(env, log);
  const stopping = new AbortController();
  const stopped = Promise.withResolvers<void>();
  const signals = listenForSignals({
    onFirst(signal) {
      log.info({ signal }, "stopping");
      stopping.abort();
      stopped.resolve();
    },
  });
  try {
    const relay = await startRelay({ config, dataDirectory, log, signal: stopping.signal });
    await stopped.promise;
    await relay.stop();
    log.info("relay stopped");
    return 0;
  } catch (error) {
    if (stopping.signal.aborted) return 0;
    throw error;
  } finally {
    signals.release();
  }
}

/** `aldis relay join TOKEN`: resolves to the exit code. */
export async function runJoin(
  text: string,
  path: string | undefined,
  env: Environment,
): Promise<number> {
  const token = parseJoinToken(text);
  if (!token) {
    const line = 'this is no join token: copy the whole of what "aldis relay enrol" has printed';
    throw new RelayFailure(line, EXIT.usage);
  }
  const { config, dataDirectory, log } = readConfig(path, env);
  const bus = await connectToJoin({ config, log }, token);
  try {
    const directory = relayDirectory(dataDirectory);
    const joined = await joinRelay({ bus, token, directory, hostname: hostname() });
    if (!joined.ok) throw new RelayFailure(`not joined: ${joined.reason}`, EXIT.refused);
    process.stdout.write(`joined as "${joined.identity.name}"; start it with: aldis relay\n`);
    return 0;
  } finally {
    await bus.stop();
  }
}

/** `aldis relay rotate`, while the relay does not run: resolves to the exit code. */
export async function runRotate(path: string | undefined, env: Environment): Promise<number> {
  const { config, dataDirectory, log } = readConfig(path, env);
  const directory = relayDirectory(dataDirectory);
  const lock = await lockDataDirectory(directory);
  if (!lock.locked) throw new RelayFailure(lock.message, EXIT.configuration);
  try {
    const identity = await identityIn(directory);
    const bus = await connectAsRelay({ config, log }, identity, directory);
    const rotated = await rotateKeys({ bus, directory, identity }).finally(() => bus.stop());
    if (!rotated.ok) throw new RelayFailure(`keys not changed: ${rotated.reason}`, EXIT.refused);
    process.stdout.write(`new keys count from now on; start it with: aldis relay\n`);
    return 0;
  } finally {
    await lock.release();
  }
}

/** `aldis relay head`: reads the disk only; resolves to the exit code. */
export async function runHead(
  path: string | undefined,
  env: Environment,
  options: { json?: boolean },
): Promise<number> {
  const directory = relayDirectory(readConfig(path, env).dataDirectory);
  const { name } = await identityIn(directory);
  process.stdout.write(await describeHeads(directory, name, options));
  return 0;
}

function readConfig(configPath: string | undefined, env: Environment) {
  const loaded = loadConfig(RELAY_KEYS, {
    configPath,
    env,
    cwd: process.cwd(),
    elsewhere: BOT_SECTIONS,
  });
  if (!loaded.ok) throw new RelayFailure(loaded.errors.join("\n"), EXIT.configuration);
  const config = loaded.values;
  const log = createLogger({ level: config["log.level"], pretty: process.stderr.isTTY });
  for (const warning of loaded.warnings) log.warn({ warning }, "configuration");
  const user = { uid: process.getuid?.() ?? -1, homedir: homedir() };
  const dataDirectory = config.data_dir ?? defaultDataDirectory(env, user);
  return { config, dataDirectory, log };
}
