import { Client, Events, GatewayDispatchEvents, GatewayIntentBits, Options } from "discord.js";
import type { Logger } from "pino";
import type { Clock } from "../../../relay/process/clock.ts";
import type { HeldLease } from "./lease.ts";

/** What the gateway tells, unread. */
export interface GatewayEvents {
  /** This bot is the one that listens now; `sinceMs` is when the one before surely still did. */
  onOwned(sinceMs: number | undefined): void;
  /** With each new session; not after a resumed one, which has missed nothing. */
  onReady(data: unknown): void;
  onGuild(data: unknown): void;
  onChannel(data: unknown): void;
  onMessage(data: unknown): void;
  onInteraction(data: unknown): void;
}

export interface GatewayDeps {
  token: string;
  apiUrl?: string | undefined;
  clock: Pick<Clock, "sleep">;
  log: Logger;
  /** Of many bots one listens. */
  takeLease(signal: AbortSignal): Promise<HeldLease | undefined>;
}

const RETRY_MS = [1_000, 5_000, 15_000, 60_000];
/** What closes the gateway for good, and what an administrator can do about it. */
const ADVICE: ReadonlyMap<number, string> = new Map([
  [4004, "Discord refuses the token: set discord.token to the one in the Developer Portal"],
  [4013, "Discord does not know what the bot wants to hear: report this"],
  [4014, "switch on the Message Content Intent in the Developer Portal, under Bot"],
]);

/**
 * Keeps one connection to Discord's gateway for as long as this bot is the one that listens.
 * discord.js resumes a session that was cut; what it gives up is begun anew here.
 */
export function startGateway(deps: GatewayDeps, events: GatewayEvents): { stop(): Promise<void> } {
  const stopping = new AbortController();
  const running = run();

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      const lease = await deps.takeLease(stopping.signal);
      if (!lease) return;
      events.onOwned(lease.sinceMs);
      await connectUntil(deps, events, AbortSignal.any([stopping.signal, lease.lost]));
      await lease.release();
    }
  }

  return {
    async stop() {
      stopping.abort();
      await running;
    },
  };
}

async function connectUntil(
  deps: GatewayDeps,
  events: GatewayEvents,
  signal: AbortSignal,
): Promise<void> {
  for (let attempt = 0; !signal.aborted; attempt++) {
    const client = clientFor(deps, events, () => {
      attempt = 0;
    });
    const reason = await sessionOf(client, deps.token, signal);
    await client.destroy().catch(() => {});
    if (signal.aborted) return;
    const retryMs = RETRY_MS[Math.min(attempt, RETRY_MS.length - 1)] ?? 60_000;
    deps.log.error({ reason, retryMs }, "no connection to Discord");
    await deps.clock.sleep(retryMs, signal);
  }
}

/** Why it ended. */
async function sessionOf(client: Client, token: string, signal: AbortSignal): Promise<string> {
  const ended = new Promise<string>((resolve) => {
    client.on(Events.ShardDisconnect, ({ code }) =>
      resolve(ADVICE.get(code) ?? `closed (${code})`),
    );
    client.on(Events.Invalidated, () => resolve("the session was invalidated"));
    signal.addEventListener("abort", () => resolve("stopping"), { once: true });
    if (signal.aborted) resolve("stopping");
  });
  const failed = client.login(token).then(
    () => ended,
    (error: unknown) => reasonOf(error),
  );
  return Promise.race([ended, failed]);
}

function reasonOf(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "TokenInvalid") return ADVICE.get(4004) ?? "";
  if (code === "DisallowedIntents") return ADVICE.get(4014) ?? "";
  const message = error instanceof Error ? error.message : String(error);
  return /intents/i.test(message) ? (ADVICE.get(4014) ?? "") : message;
}

function clientFor(
  { apiUrl, log }: GatewayDeps,
  events: GatewayEvents,
  onConnected: () => void,
): Client {
  const client: Client = new Client({
    intents: [
      GatewayIntentBits.Guilds,
      GatewayIntentBits.GuildMessages,
      GatewayIntentBits.DirectMessages,
      GatewayIntentBits.MessageContent,
    ],
    makeCache: Options.cacheWithLimits({
      ...Options.DefaultMakeCacheSettings,
      MessageManager: 0,
      GuildMemberManager: { maxSize: 0, keepOverLimit: ({ id }) => id === client.user?.id },
      UserManager: { maxSize: 0, keepOverLimit: ({ id }) => id === client.user?.id },
    }),
    ...(apiUrl !== undefined && { rest: { api: apiUrl.replace(/\/$/, "") } }),
  });
  // Without a listener an error would end the program; discord.js connects again by itself.
  client.on(Events.Error, (error) => log.warn({ err: error }, "Discord's client met a fault"));
  client.on(Events.ShardError, (error) => log.warn({ err: error }, "Discord's gateway broke off"));
  client.ws.on(GatewayDispatchEvents.Ready, (data: unknown) => {
    onConnected();
    events.onReady(data);
  });
  client.ws.on(GatewayDispatchEvents.GuildCreate, events.onGuild);
  client.ws.on(GatewayDispatchEvents.ChannelCreate, events.onChannel);
  client.ws.on(GatewayDispatchEvents.ChannelUpdate, events.onChannel);
  client.ws.on(GatewayDispatchEvents.ThreadCreate, events.onChannel);
  client.ws.on(GatewayDispatchEvents.MessageCreate, events.onMessage);
  client.ws.on(GatewayDispatchEvents.InteractionCreate, events.onInteraction);
  return client;
}
