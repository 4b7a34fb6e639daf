import { existsSync } from "node:fs";
import { chown, mkdtemp, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Logger } from "../../../relay/process/logger.ts";
import type { Account } from "./account.ts";
import { postgresFault } from "./faults.ts";
import { spawnWithLifeline } from "./lifeline.ts";

export const OWNER = "aldis_owner";

export interface ClusterOptions {
  directory: string;
  initdb: string;
  passwordFile: string;
  account: Account | undefined;
  /** Tests need not wait for the disk. */
  durable: boolean;
  log: Logger;
}

/**
 * Folder of the database files; created whole or not at all, since a half-made one would never
 * start. Whatever an interrupted start has left is removed.
 */
export async function ensureCluster(options: ClusterOptions): Promise<string> {
  const { directory, account, log } = options;
  const cluster = join(directory, "cluster");
  const leftovers = (await readdir(directory)).filter((name) => name.startsWith("cluster.new-"));
  for (const name of leftovers)
    await rm(join(directory, name), { recursive: true, force: true, maxRetries: 20 });
  if (existsSync(cluster)) return cluster;
  log.info({ directory }, "creating the embedded database");
  const partial = await mkdtemp(join(directory, "cluster.new-"));
  if (account) await chown(partial, account.uid, account.gid);
  try {
    await runInitdb(options, partial);
    await rename(partial, cluster);
  } finally {
    await rm(partial, { recursive: true, force: true, maxRetries: 20 });
  }
  return cluster;
}

async function runInitdb(options: ClusterOptions, target: string): Promise<void> {
  const { initdb, account, log, directory } = options;
  const onLine = (line: string) => log.debug({ line }, "initdb says");
  const { ended, lines } = spawnWithLifeline(initdb, initdbArgs(options, target), account, onLine);
  const { code } = await ended;
  if (code !== 0) throw postgresFault("cannot create a database", directory, lines);
}

/** The builtin C.UTF-8 sorts alike on every machine, whatever locales it has installed. */
function initdbArgs(options: ClusterOptions, target: string): string[] {
  return [
    `--pgdata=${target}`,
    `--username=${OWNER}`,
    `--pwfile=${options.passwordFile}`,
    "--auth=scram-sha-256",
    "--encoding=UTF8",
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--no-instructions",
    ...(options.durable ? [] : ["--no-sync"]),
  ];
}
