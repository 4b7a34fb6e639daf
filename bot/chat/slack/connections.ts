import { type App, type Logger as BoltLogger, SocketModeReceiver } from "@slack/bolt";
import type { Logger } from "pino";
import type { Clock } from "../../../relay/process/clock.ts";

/** One connection of Socket Mode after the other; Bolt's receiver, as far as Bolt can see. */
export interface Connections {
  init(app: App): void;
  /** Connects in the background, and again whenever a connection ends. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

export interface ConnectionsDeps {
  appToken: string;
  clientOptions: { slackApiUrl?: string; timeout: number };
  clock: Pick<Clock, "sleep" | "monotonicMs">;
  boltLogger: BoltLogger;
  log: Logger;
}

const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 30_000;
const HELLO_WITHIN_MS = 15_000;

/**
 * Bolt's own way back takes five seconds and longer, and ends the process where the address for a
 * new connection cannot be had. Here the next connection is opened as soon as Slack says that one
 * will end, while the last envelopes of the old one are still taken.
 */
export function createConnections(deps: ConnectionsDeps): Connections {
  const { clock, log } = deps;
  const stopping = new AbortController();
  const stopped = new Promise<void>((resolve) => {
    stopping.signal.addEventListener("abort", () => resolve(), { once: true });
  });
  const open = new Set<SocketModeReceiver>();
  let running: Promise<void> = Promise.resolve();

  async function keepConnected(app: App): Promise<void> {
    let pauseMs = FIRST_PAUSE_MS;
    while (!stopping.signal.aborted) {
      try {
        const connection = await connect(deps, app, open);
        log.info("connected to Slack");
        pauseMs = FIRST_PAUSE_MS;
        await Promise.race([connection.leaving, stopped]);
      } catch (error) {
        log.warn({ err: error, retryInMs: pauseMs }, "no connection to Slack");
        await clock.sleep(pauseMs, stopping.signal);
        pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS);
      }
    }
  }

  let app: App | undefined;
  return {
    init: (its) => {
      app = its;
    },
    async start() {
      if (app) running = keepConnected(app);
    },
    async stop() {
      stopping.abort();
      for (const receiver of open) await receiver.stop();
      await running;
      // One that was just being opened.
      for (const receiver of open) await receiver.stop();
    },
  };
}

async function connect(
  { appToken, clientOptions, boltLogger, clock }: ConnectionsDeps,
  app: App,
  open: Set<SocketModeReceiver>,
): Promise<{ leaving: Promise<void> }> {
  const receiver = new SocketModeReceiver({
    appToken,
    logger: boltLogger,
    autoReconnectEnabled: false,
    installerOptions: { clientOptions: { ...clientOptions, retryConfig: { retries: 0 } } },
  });
  const { client } = receiver;
  const leaving = Promise.withResolvers<void>();
  guardMessages(receiver, boltLogger, leaving.resolve);
  client.on("disconnected", () => {
    open.delete(receiver);
    leaving.resolve();
  });
  receiver.init(app);
  open.add(receiver);
  const greeted = new AbortController();
  const late = clock.sleep(HELLO_WITHIN_MS, greeted.signal).then(() => {
    throw new Error("Slack did not greet in time");
  });
  late.catch(() => {});
  try {
    await Promise.race([receiver.start(), late]);
  } catch (error) {
    open.delete(receiver);
    await receiver.stop();
    throw error ?? new Error("Slack closed the connection before it greeted");
  } finally {
    greeted.abort();
  }
  return { leaving: leaving.promise };
}

/** A message that the client cannot read would otherwise end the process. */
function guardMessages(
  { client }: SocketModeReceiver,
  logger: BoltLogger,
  onLeaving: () => void,
): void {
  const handlers = client.listeners("ws_message");
  client.removeAllListeners("ws_message");
  client.on("ws_message", async (data: unknown, isBinary: unknown) => {
    if (typeof data === "string" && saysGoodbye(data)) onLeaving();
    try {
      for (const handler of handlers) await handler(data, isBinary);
    } catch (error) {
      logger.warn("a message of Slack's cannot be read:", error);
    }
  });
}

function saysGoodbye(data: string): boolean {
  return data.length < 2_000 && /"type"\s*:\s*"disconnect"/.test(data);
}
