import type pg from "pg";
import type { Store } from "../../../bot/store/pool.ts";

/** What was read of one table: passes over the whole, and rows by whichever way. */
export interface Reads {
  scans: number;
  rows: number;
}

/**
 * What a piece of work reads, in its queries and within the functions that it calls, by Postgres'
 * own count. The store must have one connection only, and nobody else be at work in the database.
 */
export async function readsOf(
  owner: pg.Client,
  store: Store,
  work: () => Promise<unknown>,
): Promise<Record<string, Reads>> {
  const before = await counters(owner, store);
  await work();
  const after = await counters(owner, store);
  const grown: Record<string, Reads> = {};
  for (const [table, { scans, rows }] of Object.entries(after)) {
    const then = before[table] ?? { scans: 0, rows: 0 };
    if (rows > then.rows || scans > then.scans) {
      grown[table] = { scans: scans - then.scans, rows: rows - then.rows };
    }
  }
  return grown;
}

async function counters(owner: pg.Client, store: Store): Promise<Record<string, Reads>> {
  // The session counts for itself until it is told to hand its counts over.
  await store.pool.query("select pg_stat_force_next_flush()");
  await store.pool.query("select 1");
  const { rows } = await owner.query<{ name: string; scans: string; rows: string }>(`
    select t.relname as name, t.seq_scan as scans, t.seq_tup_read + coalesce(
      (select sum(idx_tup_read) from pg_stat_user_indexes i where i.relid = t.relid), 0) as rows
    from pg_stat_user_tables t where schemaname = 'public'`);
  return Object.fromEntries(
    rows.map((row) => [row.name, { scans: Number(row.scans), rows: Number(row.rows) }]),
  );
}
