import { type SQL, sql } from "drizzle-orm";
import type { Database } from "../store/pool.ts";
import { idCeiling, idFloor } from "./id-bounds.ts";

/** Which events are wanted; what is absent is not asked for. */
export interface AuditFilter {
  /** Name, email or id. */
  user?: string | undefined;
  /** `bundle`, or `bundle:command`. */
  command?: string | undefined;
  kind?: string | undefined;
  adapter?: string | undefined;
  channel?: string | undefined;
  /** Name or id. */
  relay?: string | undefined;
  outcome?: string | undefined;
  since?: Date | undefined;
  until?: Date | undefined;
  /** Part of the detail, such as of the text as typed. */
  text?: string | undefined;
  invocation?: string | undefined;
}

/** Ids sort by time, so that a span of time is a span of the index. */
export function idConditions({ since, until }: AuditFilter, before: string | undefined): SQL[] {
  const conditions: SQL[] = [];
  if (before) conditions.push(sql`id < ${before}`);
  if (since) conditions.push(sql`id >= ${idFloor(since)}`);
  if (until) conditions.push(sql`id < ${idCeiling(until)}`);
  return conditions;
}

/** What an index answers in the order of ids: it goes into the window, which then reaches farther. */
export async function indexedConditions(db: Database, filter: AuditFilter): Promise<SQL[]> {
  const conditions: SQL[] = [];
  if (filter.user) conditions.push(sql`actor_id = ${await findUser(db, filter.user)}`);
  if (filter.invocation) conditions.push(sql`invocation_id = ${filter.invocation}`);
  const [bundle, command] = wordsOf(filter);
  if (bundle && command) conditions.push(sql`bundle = ${bundle} and command = ${command}`);
  return conditions;
}

/** What is compared event by event, within the window. */
export function columnConditions(filter: AuditFilter): SQL[] {
  const conditions: SQL[] = [];
  const [bundle, command] = wordsOf(filter);
  if (bundle && !command) conditions.push(sql`e.bundle = ${bundle}`);
  if (filter.adapter) conditions.push(sql`e.method = ${filter.adapter}`);
  if (filter.channel) conditions.push(sql`e.channel = ${filter.channel}`);
  if (filter.relay) conditions.push(sql`${filter.relay} in (r.name, r.id::text)`);
  if (filter.outcome) conditions.push(sql`coalesce(o.outcome, e.outcome) = ${filter.outcome}`);
  if (filter.since) conditions.push(sql`e.at >= ${filter.since.toISOString()}`);
  if (filter.until) conditions.push(sql`e.at < ${filter.until.toISOString()}`);
  if (filter.text) {
    // The detail is JSON, and so has the text as JSON writes it.
    const written = JSON.stringify(filter.text.toLowerCase()).slice(1, -1);
    conditions.push(sql`position(${written} in lower(d.detail)) > 0`);
  }
  return conditions;
}

function wordsOf({ command }: AuditFilter): [string | undefined, string | undefined] {
  const [bundle, name] = (command ?? "").split(":", 2);
  return [bundle || undefined, name || undefined];
}

/** A user who is not there has done nothing. */
async function findUser(db: Database, user: string): Promise<string> {
  const { rows } = await db.execute<{ id: string }>(sql`
    select id from users where ${user} in (name, email, id::text) order by (name = ${user}) desc
    limit 1`);
  return rows[0]?.id ?? NOBODY;
}

const NOBODY = "00000000-0000-0000-0000-000000000000";
