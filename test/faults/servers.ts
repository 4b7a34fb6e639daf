import { chmod, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { type EmbeddedPostgres, startEmbeddedPostgres } from "../../bot/store/embedded-postgres.ts";
import { createLogger } from "../../relay/process/logger.ts";
import { type NatsServer, startNatsServer } from "../support/nats-server.ts";

/** A server that goes away and comes back in the same place. */
export interface Server {
  restart(awayMs?: number): Promise<void>;
  stop(): Promise<void>;
}

export interface Postgres extends Server {
  ownerUrl: string;
  appUrl: string;
  /** Of the Unix socket. */
  socketPath: string;
}

/** Real Postgres of its own, which may be stopped without harm to another test. */
export async function startPostgres(folder: string): Promise<Postgres> {
  const data = join(folder, "pg");
  await mkdir(data, { mode: 0o700 });
  // Root's Postgres runs as another user, who has to pass through here.
  if (process.getuid?.() === 0) await chmod(data, 0o711);
  const start = () =>
    startEmbeddedPostgres({
      directory: join(data, "d"),
      log: createLogger({ level: "silent" }),
      settings: { fsync: "off", full_page_writes: "off", max_connections: "150" },
    });
  let server: EmbeddedPostgres = await start();
  const { ownerUrl, appUrl } = server;
  return {
    ownerUrl,
    appUrl,
    socketPath: join(new URL(appUrl).searchParams.get("host") ?? "", ".s.PGSQL.5432"),
    async restart(awayMs = 0) {
      await server.stop();
      await pause(awayMs);
      server = await start();
    },
    stop: () => server.stop(),
  };
}

export interface Nats extends Server {
  port: number;
  /** It stands still, and its connections stay open. */
  freeze(): void;
  thaw(): void;
}

export async function startNats(): Promise<Nats> {
  let server: NatsServer = await startNatsServer();
  const { port } = server;
  return {
    port,
    async restart(awayMs = 0) {
      await server.kill();
      await pause(awayMs);
      server = await startNatsServer({ port });
    },
    freeze: () => server.pause(),
    thaw: () => server.resume(),
    stop: () => server.stop(),
  };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
