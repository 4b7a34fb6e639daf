import { dirname, join, resolve } from "node:path";
import type { Logger } from "../../relay/process/logger.ts";
import { postgresAccount } from "./embedded/account.ts";
import { findBinaries } from "./embedded/binaries.ts";
import { ensureCluster, OWNER } from "./embedded/cluster.ts";
import { freshSocketDirectory, keptPassword, prepareDirectory } from "./embedded/directory.ts";
import { awaitEarlierRun } from "./embedded/earlier-run.ts";
import { directoryFault } from "./embedded/faults.ts";
import { type Settings, startServer } from "./embedded/server.ts";

export interface EmbeddedPostgresOptions {
  /** A folder of its own inside the data directory, such as `<data>/postgres`. */
  directory: string;
  log: Logger;
  settings?: Settings;
  /** Called when the server ends without having been stopped. */
  onUnexpectedEnd?: (reason: string) => void;
  /** How long a server of an earlier run may take to shut down. */
  earlierRunTimeoutMs?: number;
}

export interface EmbeddedPostgres {
  /** Superuser; runs the migrations. */
  ownerUrl: string;
  /** The role that the bot logs in as; `migrate` creates it. */
  appUrl: string;
  directory: string;
  /** Fast shutdown: sessions end, everything committed is on the disk. */
  stop(): Promise<void>;
}

/**
 * Real Postgres below `directory`, reachable only through a Unix socket that only this user may
 * open. It shuts down by itself when this process dies, even by `kill -9`.
 */
export async function startEmbeddedPostgres(
  options: EmbeddedPostgresOptions,
): Promise<EmbeddedPostgres> {
  const directory = resolve(options.directory);
  const prepared = await prepare({ ...options, directory }).catch((error: unknown) => {
    throw isSystemError(error) ? directoryFault(directory, error) : error;
  });
  const { appPassword, ...files } = prepared;
  const { stop } = await startServer({
    ...files,
    settings: options.settings ?? {},
    log: options.log,
    onUnexpectedEnd: options.onUnexpectedEnd ?? (() => {}),
  });
  const query = `host=${encodeURIComponent(files.socketDirectory)}`;
  return {
    ownerUrl: `postgres://${OWNER}:${files.ownerPassword}@localhost/aldis?${query}`,
    appUrl: `postgres://aldis:${appPassword}@localhost/aldis?${query}`,
    directory,
    stop,
  };
}

/** Everything that a server needs on the disk, with no other server working on it. */
async function prepare({ directory, log, settings, ...options }: EmbeddedPostgresOptions) {
  const account = await postgresAccount();
  await prepareDirectory(directory, account);
  const { initdb, postgres } = await findBinaries(dirname(directory), account);
  const passwordFile = join(directory, "owner-password");
  const ownerPassword = await keptPassword(passwordFile, account);
  const appPassword = await keptPassword(join(directory, "app-password"), account);
  const durable = settings?.fsync !== "off";
  const cluster = await ensureCluster({ directory, initdb, passwordFile, account, durable, log });
  await awaitEarlierRun(cluster, options.earlierRunTimeoutMs ?? 15_000, log);
  const socketDirectory = await freshSocketDirectory(directory, account);
  return { account, postgres, cluster, socketDirectory, ownerPassword, appPassword };
}

function isSystemError(error: unknown): boolean {
  return error instanceof Error && "syscall" in error;
}
