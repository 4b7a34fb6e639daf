import { collectDefaultMetrics, Registry } from "prom-client";
import { accountName } from "../relay/process/account-name.ts";
import type { MessageBus } from "../relay/process/bus.ts";
import { type Cleanup, createCleanup } from "../relay/process/cleanup.ts";
import { systemClock } from "../relay/process/clock.ts";
import type { Logger } from "../relay/process/logger.ts";
import { programVersion } from "../relay/process/package-root.ts";
import { randomName } from "../relay/wire/ids.ts";
import { ensureBuiltInRoles } from "./access/built-in-roles.ts";
import { prepareFirstStart } from "./access/first-start.ts";
import { startApi } from "./api/api.ts";
import type { Readiness } from "./api/deps.ts";
import { startSequencer } from "./audit/sequencer.ts";
import { loadBuiltIn } from "./bundles/built-in.ts";
import { startChats } from "./chat/start.ts";
import { type BotConfig, chatSettingsOf, keyFilesOf } from "./config.ts";
import type { DispatchDeps } from "./dispatch/dispatch.ts";
import { refusedMessages } from "./dispatch/refused-messages.ts";
import { sqlExecutions } from "./dispatch/sql-executions.ts";
import { startDispatch } from "./dispatch/start.ts";
import { createBuiltIns } from "./invocation/built-ins.ts";
import { type Intake, startIntake } from "./invocation/intake.ts";
import { decideOnRelay } from "./invocation/relay-rules.ts";
import { createViews, type Views } from "./invocation/view.ts";
import { adoptRelays } from "./relays/adopt.ts";
import { sqlRelays } from "./relays/enrolled.ts";
import { type HeldKeyList, holdKeyList } from "./relays/held-key-list.ts";
import { ensureKeyList, hasKeyList } from "./relays/key-lists.ts";
import type { NatsAuthority } from "./relays/nats-authority.ts";
import { type RelayRegistry, startRegistry } from "./relays/registry.ts";
import { serveRelays } from "./relays/serve.ts";
import { type BotKeys, loadKeys } from "./secrets/keys.ts";
import { connectStore } from "./store/connect.ts";
import type { Store } from "./store/pool.ts";
import { defaultWorkspace, listWorkspaces } from "./store/workspaces.ts";

export interface BotOptions {
  config: BotConfig;
  dataDirectory: string;
  database: { url: string; ownerUrl: string | undefined };
  /** Called once the database is ready; simple mode hands over the bus of this process. */
  connectBus(): Promise<MessageBus>;
  /** What a join token tells a relay to connect to; undefined within one process. */
  natsUrl: string | undefined;
  /** What the bot may do on the NATS server beyond talking; nothing within one process. */
  nats?: NatsAuthority;
  log: Logger;
  /** Gives up waiting for what cannot be reached yet. */
  signal: AbortSignal;
}

/** A running bot, as the program that started it sees it. */
export interface Bot {
  workspaceId: string;
  store: Store;
  dispatch: DispatchDeps;
  intake: Intake;
  views: Views;
  /** Fingerprint of the key that relays pin. */
  authority: string;
  /** The number of the newest key list, which newcomers must be given at least. */
  keyListNumber(): number;
  /** The account at the console of whoever runs this process. */
  consoleUser: string;
  /** Where the API listens. */
  apiAddress: string;
  /** Set when this start made the first administrator. */
  firstStart: { userName: string; tokenFile: string } | undefined;
  stop(): Promise<void>;
}

/**
 * Builds everything in order: keys, database, bus, relays, dispatch, API, chats. The console is
 * started by whoever calls. What has started is stopped again if a later part fails.
 */
export async function startBot(options: BotOptions): Promise<Bot> {
  const cleanup = createCleanup({ deadlineMs: options.config.stop_deadline });
  try {
    return await build(options, cleanup);
  } catch (error) {
    await cleanup.stop();
    throw error;
  }
}

async function build(options: BotOptions, cleanup: Cleanup): Promise<Bot> {
  const { config, dataDirectory, log } = options;
  const metrics = new Registry();
  collectDefaultMetrics({ register: metrics });

  const store = await connectStore({ ...options.database, log, signal: options.signal });
  cleanup.add("database", () => store.stop());
  const keys = await loadKeys(keyFilesOf(config, dataDirectory), !(await hasKeyList(store)));
  const keyList = await ensureKeyList(store, keys);
  const keyLists = holdKeyList({ store, keys, log }, keyList);
  const workspaceId = await defaultWorkspace(store);
  const userName = accountName();
  const firstStart = await prepareFirstStart(store, workspaceId, dataDirectory, userName);
  if (firstStart?.oldTokenFile) log.warn({ file: firstStart.oldTokenFile }, "old token kept there");
  for (const { id } of await listWorkspaces(store)) {
    await store.inWorkspace(id, (db) => ensureBuiltInRoles(db, id));
    await adoptRelays(store, keys.mac, id);
  }

  const bus = await options.connectBus();
  cleanup.add("bus", () => bus.stop());
  let reachable: boolean | string = true;
  let hearsSinceMs = Number.POSITIVE_INFINITY;
  bus.onStatus((status) => {
    reachable = status.connected || status.reason;
    hearsSinceMs = status.connected ? performance.now() : Number.POSITIVE_INFINITY;
  });
  const parts = { store, bus, keys, keyLists, metrics, hearsSinceMs: () => hearsSinceMs };
  const dispatch = await buildDispatch(options, parts, cleanup);
  const views = createViews({
    store,
    macKey: keys.mac,
    builtIn: await loadBuiltIn(),
    onUnreadable: (bundle, errors) =>
      log.error({ bundle, errors }, "a bundle, or a rule about it, cannot be read"),
  });
  const now = () => new Date();
  const builtIns = createBuiltIns({ views, dispatch, now });
  const intake = startIntake({ views, dispatch, builtIns, now }, log);

  const api = await startApi({
    address: config["api.address"],
    handle: intake.take,
    views,
    dispatch,
    authorityFingerprint: keyList.authority,
    keyLists,
    natsUrlForRelays: options.natsUrl,
    nats: options.nats,
    metrics,
    readiness: () => readinessOf(store, () => reachable),
    log,
    version: programVersion(),
  });
  cleanup.add("api", () => api.stop());
  cleanup.add("invocations", () => intake.stop(config.stop_deadline));
  const chatParts = { store, views, workspaceId, handle: intake.take, clock: systemClock, log };
  for (const chat of await startChats(chatSettingsOf(config), chatParts)) {
    cleanup.add(chat.name, () => chat.stop());
  }
  return {
    workspaceId,
    store,
    dispatch,
    intake,
    views,
    authority: keyList.authority,
    keyListNumber: () => keyLists.current().list.number,
    consoleUser: userName,
    apiAddress: api.address,
    firstStart,
    stop: async () => {
      for (const { name, error } of await cleanup.stop()) {
        log.warn({ part: name, err: error }, "did not stop cleanly");
      }
    },
  };
}

interface Parts {
  store: Store;
  bus: MessageBus;
  keys: BotKeys;
  keyLists: HeldKeyList;
  metrics: Registry;
  hearsSinceMs(): number;
}

async function buildDispatch(
  { config, nats, log }: BotOptions,
  { store, bus, keys, keyLists, metrics, hearsSinceMs }: Parts,
  cleanup: Cleanup,
): Promise<DispatchDeps> {
  const botId = randomName();
  const clock = systemClock;
  const { ofRelay: refused, ofNewcomer: refusedNewcomer } = refusedMessages({
    store,
    metrics,
    log,
    workspaceOf: (relayId) => registry.find(relayId)?.workspaceId,
  });
  const registry: RelayRegistry = await startRegistry({
    relays: sqlRelays(store, keys.mac),
    clock,
    refused,
    bus,
    key: keys.signing,
    botId,
    keyList: keyLists.current,
    silenceMs: config["dispatch.relay_silence"],
    log,
  });
  cleanup.add("relays", () => registry.stop());
  const sequencer = startSequencer({
    store,
    key: keys.signing,
    botId,
    authority: keyLists.current().authority,
    intervalMs: config["audit.link_interval"],
    log,
  });
  cleanup.add("audit", () => sequencer.stop());
  const dispatching = startDispatch({
    executions: sqlExecutions(store),
    bus,
    registry,
    clock,
    key: keys.signing,
    macKey: keys.mac,
    botId,
    hearsSinceMs,
    auditHead: sequencer.headOf,
    refused,
    log,
    decideOnRelay,
    sweepIntervalMs: config["dispatch.sweep_interval"],
    silenceMs: config["dispatch.relay_silence"],
  });
  const dispatch: DispatchDeps = { ...dispatching.dispatch, store };
  const served = serveRelays({
    ...dispatch,
    nats,
    keyLists,
    refusedNewcomer,
  });
  cleanup.add("changes of relays", () => served.stop());
  cleanup.add("dispatch", () => dispatching.stop());
  return dispatch;
}

/** Whether the bot can do its work; reads only. */
async function readinessOf(store: Store, busStatus: () => boolean | string): Promise<Readiness> {
  const database = await store.pool.query("select 1").then(
    () => true,
    (error: Error) => error.message,
  );
  return { database, bus: busStatus() };
}
