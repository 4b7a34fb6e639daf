import type { NatsConnection } from "nats";
import { onTestFinished } from "vitest";
import { makeCreds } from "../../bot/relays/nats-accounts.ts";
import { relayPermissions } from "../../bot/relays/nats-permissions.ts";
import { ensureKeys, relayDirectory, saveIdentity, saveKeyList } from "../../relay/identity.ts";
import { type Relay, startRelay } from "../../relay/main.ts";
import type { MessageBus } from "../../relay/process/bus.ts";
import { createLogger } from "../../relay/process/logger.ts";
import { connectNats } from "../../relay/process/nats-bus.ts";
import { uuidv7 } from "../../relay/wire/ids.ts";
import { inboxOf } from "../../relay/wire/subjects.ts";
import { relayConfig, silentLog, temporaryDirectory } from "../relay/relay-under-test.ts";
import { EVERYTHING, type GuardedNats, startGuardedNats } from "../support/guarded-nats.ts";
import { type ScriptedBot, startScriptedBot } from "../support/scripted-bot.ts";
import { waitFor } from "../support/wait.ts";

export interface Heard {
  subject: string;
  payload: Uint8Array;
}

/** A real relay on a real server, and somebody else there with all that the bot has but its key. */
export interface RelayOnNats {
  nats: GuardedNats;
  bot: ScriptedBot;
  relayId: string;
  mallory: NatsConnection;
  /** All that was ever said on the server, by anybody. */
  recorded: Heard[];
  refusals(): { kind: string; reason: string }[];
  logged(): string;
  /** Another life of the relay on the same disk. */
  restart(): Promise<void>;
}

export async function startRelayOnNats(): Promise<RelayOnNats> {
  const nats = await startGuardedNats();
  const relayId = uuidv7();
  const dataDirectory = await temporaryDirectory();
  const directory = relayDirectory(dataDirectory);
  const { signing } = await ensureKeys(directory);
  const botCreds = await nats.read("bot.creds");
  const recorded = await record(await nats.connectAs(EVERYTHING));
  const botBus = await busAs(nats, botCreds, "_INBOX.bot.honest");
  const bot = startScriptedBot(botBus, { relayId, publicJwk: signing.publicJwk });
  const authority = bot.authority.kid;
  await saveKeyList(directory, await bot.keyListJws());
  await saveIdentity(directory, { version: 1, relayId, name: "test", tags: {}, authority });
  const permissions = relayPermissions(relayId);
  const creds = await makeCreds(nats.issuer, { name: "relay", permissions });
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  const log = createLogger({ level: "info", destination });
  let life: { relay: Relay; bus: MessageBus } | undefined;

  async function stop(): Promise<void> {
    await life?.relay.stop();
    await life?.bus.stop();
  }

  async function restart(): Promise<void> {
    await stop();
    const before = bot.epoch();
    const bus = await busAs(nats, creds, inboxOf(relayId));
    const relay = await startRelay({ config: relayConfig(), dataDirectory, log, bus });
    life = { relay, bus };
    await waitFor(() => bot.epoch() !== before, { what: "the relay's presence" });
  }

  onTestFinished(async () => {
    await stop();
    await bot.stop();
  });
  await restart();
  return {
    nats,
    bot,
    relayId,
    mallory: await nats.connectWith(botCreds, "_INBOX.bot.mallory"),
    recorded,
    logged: () => lines.join(""),
    refusals: () =>
      lines
        .map((line): { msg: string; kind: string; reason: string } => JSON.parse(line))
        .filter(({ msg }) => msg === "message refused"),
    restart,
  };
}

async function record(ear: NatsConnection): Promise<Heard[]> {
  const heard: Heard[] = [];
  ear.subscribe(">", {
    callback: (_, { subject, data }) => void heard.push({ subject, payload: data }),
  });
  await ear.flush();
  return heard;
}

function busAs(nats: GuardedNats, creds: string, inboxPrefix: string): Promise<MessageBus> {
  const onError = () => {};
  const wish = { servers: nats.url, name: "test", inboxPrefix, log: silentLog, onError };
  return connectNats({ ...wish, credentials: { creds } });
}
