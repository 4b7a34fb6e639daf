import pg from "pg";
import { keepTrying } from "../../relay/process/keep-trying.ts";
import type { Logger } from "../../relay/process/logger.ts";
import { BotError } from "../errors.ts";
import { checkSchema, migrate } from "./migrate.ts";
import { createOutageLog } from "./outage.ts";
import { checkConnection, openStore, type Store } from "./pool.ts";

export interface ConnectOptions {
  url: string;
  /** The owner's, to migrate with; without it the schema must be up to date. */
  ownerUrl: string | undefined;
  log: Logger;
  signal: AbortSignal;
}

const LONGEST_PAUSE_MS = 5_000;

/**
 * Migrates, connects and checks the role. A server that cannot be reached is waited for; one that
 * says no is a {@link BotError} with one line.
 */
export async function connectStore(options: ConnectOptions): Promise<Store> {
  const { url, log, signal } = options;
  const outage = createOutageLog(log);
  const store = openStore({ url, onError: (error) => outage.lost(error.message) });
  store.pool.on("connect", outage.connected);
  const outcome = await keepTrying(() => attempt(store, options), {
    signal,
    delayMs: (count) => Math.min(LONGEST_PAUSE_MS, 200 * 2 ** Math.min(count, 8)),
    onFailure: (error, retryMs) =>
      log.warn(
        { server: serverOf(url), reason: reasonOf(error), retryMs },
        "database not reachable",
      ),
    discard: async () => {},
  }).catch(async (error: unknown) => {
    await store.stop();
    throw error;
  });
  if (outcome === undefined) return store;
  await store.stop();
  throw outcome;
}

async function attempt(
  store: Store,
  { url, ownerUrl }: ConnectOptions,
): Promise<BotError | undefined> {
  try {
    if (ownerUrl !== undefined) await migrate(ownerUrl, url);
    await checkConnection(store);
    await checkSchema(store.pool);
    return undefined;
  } catch (error) {
    if (error instanceof BotError) return error;
    if (isRefusal(error)) return refusal(url, error);
    throw error;
  }
}

/** A server that answered, and will answer the same tomorrow. */
function isRefusal(error: unknown): error is pg.DatabaseError {
  // 57P03 and 53300: starting up, too many connections.
  return error instanceof pg.DatabaseError && !/^(57P|53|08|40)/.test(error.code ?? "");
}

function refusal(url: string, error: pg.DatabaseError): BotError {
  const isUnmigrated = error.code === "42883";
  const advice = isUnmigrated
    ? 'the database has no tables of Aldis; run "aldis migrate" with ALDIS_DATABASE_OWNER_URL set'
    : `${error.message}; check ALDIS_DATABASE_URL and ALDIS_DATABASE_OWNER_URL`;
  return new BotError("database-refused", `database ${serverOf(url)}: ${advice}`, { cause: error });
}

/** Host and database of a URL, without its password. */
function serverOf(url: string): string {
  const { host, pathname } = new URL(url);
  return `${host || "local"}${pathname}`;
}

function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join(", ");
  return error instanceof Error ? error.message : String(error);
}
