import { rm } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import type { Logger } from "../../../relay/process/logger.ts";
import { BotError } from "../../errors.ts";
import type { Account } from "./account.ts";
import { OWNER } from "./cluster.ts";
import { postgresFault } from "./faults.ts";
import { type LifelineProcess, spawnWithLifeline } from "./lifeline.ts";

/** Postgres settings by name, over the defaults. */
export type Settings = Readonly<Record<string, string>>;

export interface ServerOptions {
  postgres: string;
  cluster: string;
  socketDirectory: string;
  account: Account | undefined;
  settings: Settings;
  ownerPassword: string;
  log: Logger;
  onUnexpectedEnd(reason: string): void;
}

const READY_TIMEOUT_MS = 120_000;
const STOP_TIMEOUT_MS = 30_000;

/** Starts the server on files that nobody else has open; resolves when it can be connected to. */
export async function startServer(options: ServerOptions): Promise<{ stop(): Promise<void> }> {
  const { log, cluster } = options;
  const server = spawnWithLifeline(options.postgres, serverArgs(options), options.account, (line) =>
    log.debug({ line }, "embedded Postgres says"),
  );
  const ended = server.ended;
  await untilReady(options, server, ended).catch(async (error: unknown) => {
    await stopServer(server, ended);
    throw error;
  });
  let stopping = false;
  void ended.then(({ code, signal }) => {
    if (stopping) return;
    const how = signal ? `by ${signal}` : `with exit code ${code}`;
    const said = server.lines.at(-1) ?? "nothing";
    options.onUnexpectedEnd(`the Postgres in ${cluster} ended ${how}; it said last: ${said}`);
  });
  return {
    async stop() {
      stopping = true;
      await stopServer(server, ended);
      await rm(options.socketDirectory, { recursive: true, force: true });
    },
  };
}

function serverArgs({ cluster, socketDirectory, settings }: ServerOptions): string[] {
  const all: Settings = {
    listen_addresses: "",
    unix_socket_directories: `"${socketDirectory.replaceAll('"', '""')}"`,
    unix_socket_permissions: "0700",
    max_connections: "50",
    shared_buffers: "32MB",
    // A new database is planned for as an empty one until it is looked at.
    autovacuum_naptime: "10s",
    timezone: "UTC",
    log_timezone: "UTC",
    log_line_prefix: "",
    logging_collector: "off",
    log_destination: "stderr",
    ...settings,
  };
  return [
    "-D",
    cluster,
    ...Object.entries(all).flatMap(([name, value]) => ["-c", `${name}=${value}`]),
  ];
}

async function untilReady(
  options: ServerOptions,
  server: LifelineProcess,
  ended: LifelineProcess["ended"],
): Promise<void> {
  const deadline = performance.now() + READY_TIMEOUT_MS;
  while (performance.now() < deadline) {
    if (await tryConnect(options)) return;
    if (await Promise.race([ended, sleep(20, false)])) {
      throw postgresFault("Postgres does not start", options.cluster, server.lines);
    }
  }
  const last = server.lines.at(-1) ?? "it said nothing";
  const message = `Postgres in ${options.cluster} is not ready after ${READY_TIMEOUT_MS / 1000} s: ${last}`;
  throw new BotError("database-unavailable", message);
}

/** Also makes the database, which a fresh cluster does not have. */
async function tryConnect(options: ServerOptions): Promise<boolean> {
  const client = new pg.Client({
    host: options.socketDirectory,
    user: OWNER,
    password: options.ownerPassword,
    database: "postgres",
    connectionTimeoutMillis: 5_000,
  });
  client.on("error", () => {});
  try {
    await client.connect();
    const { rowCount } = await client.query("select from pg_database where datname = 'aldis'");
    if (!rowCount) await client.query("create database aldis");
    return true;
  } catch (error) {
    if (error instanceof pg.DatabaseError && error.code === "28P01") throw wrongPassword(options);
    if (error instanceof pg.DatabaseError && error.code === "53100") {
      throw postgresFault("Postgres cannot write", options.cluster, [error.message]);
    }
    return false;
  } finally {
    await client.end().catch(() => {});
  }
}

function wrongPassword({ cluster }: ServerOptions): BotError {
  const message = `the password kept beside ${cluster} is not that of its database; restore the file owner-password`;
  return new BotError("database-unavailable", message);
}

async function stopServer(server: LifelineProcess, ended: LifelineProcess["ended"]): Promise<void> {
  for (const signal of ["SIGINT", "SIGQUIT", "SIGKILL"] as const) {
    server.child.kill(signal);
    const timer = new AbortController();
    const late = sleep(STOP_TIMEOUT_MS, false, { signal: timer.signal }).catch(() => false);
    const done = await Promise.race([ended, late]);
    timer.abort();
    if (done) return;
  }
}
