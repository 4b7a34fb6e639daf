import { drizzle, type NodePgDatabase } from "drizzle-orm/node-postgres";
import pg from "pg";
import { BotError } from "../errors.ts";
import { gatherCalls } from "./gathered-calls.ts";
import * as schema from "./schema.ts";

export type Database = NodePgDatabase<typeof schema>;

/** The store as every subject sees it: a pool whose role is bound by row-level security. */
export interface Store {
  pool: pg.Pool;
  /**
   * Runs `work` in one transaction that sees one workspace only. The setting rides with `begin`,
   * so it costs no round trip, and ends with the transaction, so it never stays on a connection.
   */
  inWorkspace<T>(workspaceId: string, work: (db: Database) => Promise<T>): Promise<T>;
  /**
   * Calls one of the transition functions of the migrations: one commit, which those that every
   * execution passes through share with others while there is much to do.
   */
  call(name: string, args: readonly unknown[]): Promise<unknown>;
  stop(): Promise<void>;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export interface StoreOptions {
  url: string;
  maxConnections?: number;
  onError(error: Error): void;
}

/** Does not connect yet; see {@link checkConnection}. */
export function openStore(options: StoreOptions): Store {
  const pool = new pg.Pool({
    connectionString: options.url,
    application_name: "aldis",
    max: options.maxConnections ?? 10,
    connectionTimeoutMillis: 5_000,
    keepAlive: true,
  });
  pool.on("error", options.onError);
  return {
    pool,
    inWorkspace: (workspaceId, work) => inWorkspace(pool, workspaceId, work),
    call: gatherCalls(pool, (name, args) => call(pool, name, args)),
    stop: () => pool.end(),
  };
}

async function inWorkspace<T>(
  pool: pg.Pool,
  workspaceId: string,
  work: (db: Database) => Promise<T>,
): Promise<T> {
  if (!UUID.test(workspaceId)) throw new TypeError("a workspace id is a UUID");
  const client = await pool.connect();
  let broken: Error | undefined;
  // A checked-out client reports its lost connection here; unheard, that would end the process.
  const onError = (error: Error) => {
    broken = error;
  };
  client.on("error", onError);
  try {
    await client.query(`begin; set local aldis.workspace = '${workspaceId}'`);
    const result = await work(drizzle(client, { schema }));
    await client.query("commit");
    return result;
  } catch (error) {
    await client.query("rollback").catch(onError);
    throw error;
  } finally {
    client.off("error", onError);
    client.release(broken);
  }
}

async function call(pool: pg.Pool, name: string, args: readonly unknown[]): Promise<unknown> {
  const places = args.map((_, index) => `$${index + 1}`).join(", ");
  const { rows } = await pool.query<{ answer: unknown }>({
    name,
    text: `select ${name}(${places}) as answer`,
    values: [...args],
  });
  return rows[0]?.answer;
}

/**
 * One round trip that also refuses a role which row-level security would not bind: a superuser,
 * one with BYPASSRLS, or the owner of the tables.
 */
export async function checkConnection(store: Store): Promise<void> {
  const { rows } = await store.pool.query<{ role: string; unbound: boolean; owner: boolean }>(`
    select current_user as role, rolsuper or rolbypassrls as unbound,
      exists (select from pg_class where relname = 'audit_events' and pg_has_role(relowner, 'member')) as owner
    from pg_roles where rolname = current_user`);
  const found = rows[0];
  if (!found || (!found.unbound && !found.owner)) return;
  throw new BotError(
    "database-refused",
    `the database role "${found.role}" is not bound by row-level security (it is a superuser or owns the tables); ` +
      "let ALDIS_DATABASE_URL name another user, and ALDIS_DATABASE_OWNER_URL this one: it is made if missing",
  );
}
