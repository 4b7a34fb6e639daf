import { join } from "node:path";
import type { Bot } from "../../../bot/main.ts";
import { issueJoinToken } from "../../../bot/relays/enrol.ts";
import { RELAY_KEYS } from "../../../relay/config.ts";
import { type Joined, joinRelay } from "../../../relay/enrol.ts";
import { type Identity, relayDirectory } from "../../../relay/identity.ts";
import { startRelay } from "../../../relay/main.ts";
import type { MessageBus } from "../../../relay/process/bus.ts";
import { loadConfig } from "../../../relay/process/config.ts";
import { createLogger } from "../../../relay/process/logger.ts";
import type { MemoryBus } from "../../../relay/process/memory-bus.ts";
import { upFrom } from "../../../relay/wire/subjects.ts";

/** A relay that a recording is made of. */
export interface RecordedRelay {
  id: string;
  identity: Identity;
  directory: string;
  bus: MessageBus;
  /** Does something once, before the next claim leaves. */
  beforeNextClaim(act: () => Promise<void>): void;
  stop(): Promise<void>;
}

const SETTINGS = {
  ALDIS_RELAY_NATIVE: "demo",
  ALDIS_RELAY_CAPACITY: "8",
  ALDIS_RELAY_HEARTBEAT: "100ms",
  ALDIS_RELAY_KILL_GRACE: "500ms",
  ALDIS_RELAY_STOP_DEADLINE: "1s",
};

/** Joins, has another host fail to join by the same token, and starts. */
export async function joinForRecording(options: {
  wire: MemoryBus;
  folder: string;
  bot: Bot;
}): Promise<RecordedRelay> {
  const { wire, folder: dataDirectory, bot } = options;
  const plain = wire.connect({ onError: () => {} });
  const directory = relayDirectory(dataDirectory);
  const relay = { workspaceId: bot.workspaceId, name: "recorded", tags: { role: "web" } };
  // With an address, the host asks for a NATS user too, as it does outside of one process.
  const token = {
    v: 1 as const,
    nats: "nats://127.0.0.1:4222",
    token: await issueJoinToken(bot.dispatch, relay),
    authority: bot.authority,
    keyListNumber: bot.keyListNumber(),
  };
  const joined = await joinRelay({ bus: plain, token, directory, hostname: "web-1" });
  const other = join(dataDirectory, "other");
  await joinRelay({ bus: plain, token, directory: other, hostname: "web-2" });
  if (!joined.ok) throw new Error(joined.reason);
  return started({ plain, dataDirectory, directory, joined });
}

async function started(options: {
  plain: MessageBus;
  dataDirectory: string;
  directory: string;
  joined: Extract<Joined, { ok: true }>;
}): Promise<RecordedRelay> {
  const { plain, dataDirectory, directory, joined } = options;
  const { identity } = joined;
  let act: (() => Promise<void>) | undefined;
  const bus: MessageBus = {
    ...plain,
    async request(subject, payload, wish) {
      if (subject === upFrom(identity.relayId, "claim"))
        await act?.().then(() => (act = undefined));
      return plain.request(subject, payload, wish);
    },
  };
  const loaded = loadConfig(RELAY_KEYS, { env: SETTINGS, cwd: dataDirectory });
  if (!loaded.ok) throw new Error(loaded.errors.join("\n"));
  const log = createLogger({ level: "silent" });
  const relay = await startRelay({ config: loaded.values, dataDirectory, log, bus });
  return {
    id: identity.relayId,
    identity,
    directory,
    bus: plain,
    beforeNextClaim(next) {
      act = next;
    },
    stop: () => relay.stop(),
  };
}
