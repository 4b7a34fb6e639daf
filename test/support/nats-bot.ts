import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { RelayChanged, RelayList } from "../../bot/api/contracts/relays.ts";
import { BOT_KEYS } from "../../bot/config.ts";
import { type Bot, startBot } from "../../bot/main.ts";
import { openNatsAuthority } from "../../bot/relays/nats-authority.ts";
import { type ConnectOptions, connectAsRelay, connectToJoin } from "../../relay/connect.ts";
import { joinRelay } from "../../relay/enrol.ts";
import { type Identity, relayDirectory } from "../../relay/identity.ts";
import { type Relay, startRelay } from "../../relay/main.ts";
import type { BusStatus, MessageBus } from "../../relay/process/bus.ts";
import { loadConfig } from "../../relay/process/config.ts";
import { createLogger } from "../../relay/process/logger.ts";
import { connectNats } from "../../relay/process/nats-bus.ts";
import { natsAccess } from "../../relay/process/nats-options.ts";
import { rotateKeys } from "../../relay/rotate.ts";
import { randomName } from "../../relay/wire/ids.ts";
import { type JoinToken, parseJoinToken } from "../../relay/wire/join-token.ts";
import { relayConfig } from "../relay/relay-under-test.ts";
import type { GuardedNats } from "./guarded-nats.ts";
import { createTestDatabase } from "./postgres.ts";
import { waitFor } from "./wait.ts";

const log = createLogger({ level: "silent" });

/** Bots of one database and one set of keys on a server that asks for users. */
export interface NatsBots {
  dataDirectory: string;
  /** One more bot; `cannotRemove` leaves out what it needs to cut a relay off. */
  start(options?: { cannotRemove?: boolean }): Promise<NatsBot>;
}

export interface NatsBot extends Bot {
  /** A join token, by its API. */
  invite(name: string): Promise<JoinToken>;
  change(relayId: string, action: string): Promise<RelayChange>;
  listed(): Promise<{ name: string; state: string }[]>;
  stateOf(relayId: string): string | undefined;
}

type RelayChange = ReturnType<typeof RelayChanged.parse>;

export async function startNatsBots(nats: GuardedNats): Promise<NatsBots> {
  const database = await createTestDatabase();
  const dataDirectory = await mkdtemp(join(tmpdir(), "aldis-nats-bots-"));
  const started: Bot[] = [];
  onTestFinished(async () => {
    for (const bot of started) await bot.stop();
    await database.drop();
    await rm(dataDirectory, { recursive: true, force: true });
  });

  async function start({ cannotRemove = false } = {}): Promise<NatsBot> {
    const bot = await startOne(nats, dataDirectory, database, cannotRemove);
    started.push(bot);
    return withApi(bot, (await readFile(join(dataDirectory, "admin.token"), "utf8")).trim());
  }

  return { dataDirectory, start };
}

async function startOne(
  nats: GuardedNats,
  dataDirectory: string,
  database: { url: string },
  cannotRemove: boolean,
): Promise<Bot> {
  const env = { ALDIS_API_ADDRESS: "127.0.0.1:0", ALDIS_STOP_DEADLINE: "1s" };
  const loaded = loadConfig(BOT_KEYS, { env, cwd: dataDirectory });
  if (!loaded.ok) throw new Error(loaded.errors.join("\n"));
  const ca = await nats.read("tls/ca.pem").catch(() => undefined);
  const creds = await nats.read("bot.creds");
  const removal = cannotRemove
    ? { systemCreds: undefined, operatorKey: undefined }
    : {
        systemCreds: await nats.read("system.creds"),
        operatorKey: await nats.read("operator-signing.seed"),
      };
  const accountKey = await nats.read("account-signing.seed");
  return startBot({
    config: loaded.values,
    dataDirectory,
    database: { url: database.url, ownerUrl: undefined },
    connectBus: () =>
      connectNats({
        servers: nats.url,
        name: "bot",
        inboxPrefix: `_INBOX.bot.${randomName()}`,
        ...natsAccess({ creds }, ca),
        onError: () => {},
        log,
      }),
    natsUrl: nats.url,
    nats: await openNatsAuthority(nats.url, { creds, ca, accountKey, ...removal }, log),
    log,
    signal: new AbortController().signal,
  });
}

function withApi(bot: Bot, token: string): NatsBot {
  async function call(path: string, body?: unknown): Promise<unknown> {
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
    const init = body === undefined ? {} : { method: "POST", body: JSON.stringify(body) };
    const response = await fetch(`${bot.apiAddress}/api/v1/${path}`, { ...init, headers });
    const answer: unknown = await response.json();
    if (!response.ok) throw new Error(JSON.stringify(answer));
    return answer;
  }
  return {
    ...bot,
    async invite(name) {
      const text = JSON.stringify(await call("relays/join-tokens", { name }));
      const invited = parseJoinToken(/aldis-join-[\w-]+/.exec(text)?.[0] ?? "");
      if (!invited) throw new Error(text);
      return invited;
    },
    change: async (id, action) => RelayChanged.parse(await call(`relays/${id}/${action}`, {})),
    listed: async () => RelayList.parse(await call("relays")).relays,
    stateOf: (id) => bot.dispatch.registry.find(id)?.state,
  };
}

/** A host on which somebody runs `aldis relay join` and `aldis relay`. */
export interface RelayHost {
  dataDirectory: string;
  join(token: JoinToken): ReturnType<typeof joinRelay>;
  start(): Promise<Relay>;
  /** `aldis relay rotate`. */
  rotate(identity: Identity): ReturnType<typeof rotateKeys>;
  /** Why it cannot come in with that token, or "connected". */
  tryToConnect(token: JoinToken): Promise<string>;
  /** Why it cannot come in with what it keeps, or "connected". */
  tryToComeBack(identity: Identity): Promise<string>;
  /** A connection as this relay has it, whose changes are seen. */
  connect(identity: Identity): Promise<{ bus: MessageBus; statuses: BusStatus[] }>;
}

export async function newHost(): Promise<RelayHost> {
  const dataDirectory = await mkdtemp(join(tmpdir(), "aldis-nats-host-"));
  const directory = relayDirectory(dataDirectory);
  const config = relayConfig();
  const stops: (() => Promise<void>)[] = [];
  onTestFinished(async () => {
    for (const stop of stops) await stop();
    await rm(dataDirectory, { recursive: true, force: true });
  });
  return {
    dataDirectory,
    async join(token) {
      const bus = await connectToJoin({ config, log }, token);
      try {
        return await joinRelay({ bus, token, directory, hostname: "host", timeoutMs: 5_000 });
      } finally {
        await bus.stop();
      }
    },
    async start() {
      const relay = await startRelay({ config, dataDirectory, log });
      stops.push(() => relay.stop());
      return relay;
    },
    async rotate(identity) {
      const bus = await connectAsRelay({ config, log }, identity, directory);
      return rotateKeys({ bus, directory, identity, timeoutMs: 5_000 }).finally(() => bus.stop());
    },
    tryToConnect: (token) => attempt((options) => connectToJoin(options, token)),
    tryToComeBack: (identity) => attempt((options) => connectAsRelay(options, identity, directory)),
    async connect(identity) {
      const bus = await connectAsRelay({ config, log }, identity, directory);
      const statuses: BusStatus[] = [];
      bus.onStatus((status) => statuses.push(status));
      stops.push(() => bus.stop());
      return { bus, statuses };
    },
  };
}

/** What the first attempt to connect came to. */
async function attempt(connect: (options: ConnectOptions) => Promise<MessageBus>): Promise<string> {
  const firstFailure = Promise.withResolvers<string>();
  const destination = {
    write(line: string) {
      const { reason } = JSON.parse(line);
      if (reason !== undefined) firstFailure.resolve(String(reason));
    },
  };
  const giveUp = new AbortController();
  const options = { log: createLogger({ level: "warn", destination }), signal: giveUp.signal };
  const connecting = connect({ config: relayConfig(), ...options }).then(
    async (bus) => {
      await bus.stop();
      return "connected";
    },
    () => firstFailure.promise,
  );
  const came = await Promise.race([connecting, firstFailure.promise]);
  giveUp.abort();
  await connecting;
  return came;
}

/** A host that has joined and whose relay the bot has heard. */
export async function startRelayHost(
  bot: NatsBot,
  name: string,
): Promise<RelayHost & { identity: Identity; token: JoinToken; relay: Relay }> {
  const host = await newHost();
  const token = await bot.invite(name);
  const joined = await host.join(token);
  if (!joined.ok) throw new Error(joined.reason);
  const relay = await host.start();
  const { relayId } = joined.identity;
  await waitFor(() => bot.dispatch.registry.find(relayId)?.presence, { what: name });
  return { ...host, identity: joined.identity, token, relay };
}
