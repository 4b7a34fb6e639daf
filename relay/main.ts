import { Registry } from "prom-client";
import { type AgentDeps, startAgent } from "./agent/agent.ts";
import { startRelayHealth } from "./agent/health.ts";
import { openHeadKeeper } from "./agent/kept-heads.ts";
import { relayMetrics } from "./agent/metrics.ts";
import { openRedaction } from "./agent/open-redaction.ts";
import { prepareAgent } from "./agent/prepare.ts";
import { spoolMetrics } from "./agent/spool-metrics.ts";
import type { RelayConfig } from "./config.ts";
import { connectAsRelay } from "./connect.ts";
import { EXIT, RelayFailure } from "./failure.ts";
import { type Identity, readIdentity, relayDirectory, saveKeyList } from "./identity.ts";
import { openImages } from "./images/open-images.ts";
import { openPolicy } from "./policy/load.ts";
import type { MessageBus } from "./process/bus.ts";
import { type Cleanup, createCleanup } from "./process/cleanup.ts";
import { lockDataDirectory } from "./process/data-dir.ts";
import type { Logger } from "./process/logger.ts";
import { programVersion } from "./process/package-root.ts";
import { detectEngines, type Engines } from "./runtime/detect.ts";
import type { ContainerRuntime } from "./runtime/runtime.ts";

type Environment = Readonly<Record<string, string | undefined>>;

export interface RelayOptions {
  config: RelayConfig;
  dataDirectory: string;
  log: Logger;
  /** The bus of this process; without it the relay connects to NATS, and disconnects when it stops. */
  bus?: MessageBus;
  /** What runs commands, in place of what this host has. */
  runtimes?: readonly ContainerRuntime[];
  /** In place of those that answer on this host. */
  engines?: Engines;
  /** Gives up connecting. */
  signal?: AbortSignal;
  /** What `env:NAME` in `relay.redact` refers to. */
  env?: Environment;
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
  const policy = await openPolicy(config["relay.policy_file"]);
  const env = options.env ?? {};
  const redaction = await openRedaction(config, { env, cwd: process.cwd(), directory });
  const killGraceMs = config["relay.kill_grace"];
  const prepared = await prepareAgent(directory, identity, {
    killGraceMs,
    nativeIsolation: config["relay.native"].length > 0 ? config["relay.native_isolation"] : "none",
    spoolLimitBytes: config["relay.spool_limit"],
    capacity: config["relay.capacity"],
    findEngines: async () => options.engines ?? (await detectEngines({ env })),
    openImages: (socket) =>
      openImages({
        socket,
        directory,
        credentialsFile: config["relay.registry_credentials_file"],
        minFreeBytes: config["relay.min_free_disk"],
        keepMs: config["relay.image_keep"],
        log,
      }),
    runtimes: options.runtimes,
    log,
  });
  const { journal } = prepared;
  cleanup.add("journal", () => journal.close());
  for (const runtime of prepared.runtimes) {
    cleanup.add(`runtime ${runtime.name}`, async () => runtime.stop?.());
  }
  cleanup.add("container engines", () => prepared.engines.stop());
  const { images } = prepared.engines;
  const bus = options.bus ?? (await connectBus(options, identity, cleanup));
  const metrics = new Registry();
  spoolMetrics(metrics, prepared.space);
  const agent = await startAgent({
    ...prepared,
    ...identity,
    redaction,
    saveKeyList: (jws) => saveKeyList(directory, jws),
    openHeads: (keys) => openHeadKeeper({ directory, keys, log }),
    nativeBundles: config["relay.native"],
    policy,
    ...(!options.runtimes && { images }),
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

/** Who this relay is; it must have joined a bot. */
export async function identityIn(directory: string): Promise<Identity> {
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
