import { type SQL, sql } from "drizzle-orm";
import type { Database, Store } from "../store/pool.ts";
import { type AuditFilter, columnConditions, idConditions, indexedConditions } from "./filter.ts";
import { type AuditLine, type LineRow, lineOf } from "./line.ts";

export interface AuditPage {
  lines: AuditLine[];
  /** Id to go on before; null where nothing older is left. */
  next: string | null;
}

/** How many events one page reads at most, whatever it finds. */
const WINDOW = 10_000;

/**
 * Newest first: one line for each invocation, however many events tell of it, and one for every
 * other event. A kind that is asked for by name gives each event of that kind its own line.
 */
export function readAuditPage(
  store: Store,
  workspaceId: string,
  filter: AuditFilter,
  { before, limit }: { before?: string | undefined; limit: number },
): Promise<AuditPage> {
  return store.inWorkspace(workspaceId, async (db) => {
    const window = sql`select * from audit_events where workspace_id = ${workspaceId}
      and ${all([...idConditions(filter, before), ...(await indexedConditions(db, filter))])}
      order by id desc`;
    const { rows } = await db.execute<LineRow>(sql`
      select ${COLUMNS} from (${window} limit ${WINDOW}) e ${JOINS(workspaceId)}
      where ${all([isLine(filter), ...columnConditions(filter)])}
      order by e.id desc limit ${limit}`);
    const lines = rows.map(lineOf);
    const next = rows.length === limit ? rows.at(-1)?.id : await windowEnd(db, window);
    return { lines, next: next ?? null };
  });
}

async function windowEnd(db: Database, window: SQL): Promise<string | undefined> {
  const { rows } = await db.execute<{ id: string }>(
    sql`select id from (${window} limit 1 offset ${WINDOW - 1}) last`,
  );
  return rows[0]?.id;
}

export interface LinkedPage {
  lines: AuditLine[];
  /** Number of the last link that was looked at. */
  upTo: number;
}

const MOST_LINKS = 500;

/** Events in the order in which they were linked, from the one after this number on. */
export function readLinked(
  store: Store,
  workspaceId: string,
  filter: AuditFilter,
  after: number,
): Promise<LinkedPage> {
  return store.inWorkspace(workspaceId, async (db) => {
    const ofKind = filter.kind === undefined ? [] : [sql`e.kind = ${filter.kind}`];
    const indexed = await indexedConditions(db, filter);
    const conditions = [...ofKind, ...indexed, ...columnConditions(filter)];
    const upTo = Math.min(await lastNumber(db, workspaceId), after + MOST_LINKS);
    const { rows } = await db.execute<LineRow>(sql`
      select ${COLUMNS} from (select a.*, c.number from audit_chain c
          join audit_events a on a.workspace_id = c.workspace_id and a.id = c.event_id
          where c.workspace_id = ${workspaceId} and c.number > ${after} and c.number <= ${upTo}) e
        ${JOINS(workspaceId, sql`false`)}
      where ${all(conditions)} order by e.number`);
    return { lines: rows.map(lineOf), upTo: Math.max(after, upTo) };
  });
}

/** Number of the newest link; 0 before the first. */
export function readLastNumber(store: Store, workspaceId: string): Promise<number> {
  return store.inWorkspace(workspaceId, (db) => lastNumber(db, workspaceId));
}

async function lastNumber(db: Database, workspaceId: string): Promise<number> {
  const { rows } = await db.execute<{ number: string }>(sql`
    select coalesce(max(number), 0) as number from audit_chain where workspace_id = ${workspaceId}`);
  return Number(rows[0]?.number ?? 0);
}

function all(conditions: readonly SQL[]): SQL {
  return conditions.length === 0 ? sql`true` : sql.join([...conditions], sql` and `);
}

/** What an invocation's other events say is in its line already. */
function isLine({ kind }: AuditFilter): SQL {
  if (kind !== undefined) return sql`e.kind = ${kind}`;
  return sql`(e.invocation_id is null
    or not (e.kind = 'invocation.ended' or starts_with(e.kind, 'execution.')))`;
}

/** Of `e`, the event; `o`, what came of its invocation; user, relay and detail as they are now. */
const COLUMNS = sql`e.id, utc_text(e.at) as at, e.kind, e.method, e.actor_id, u.name as user_name,
  u.email, e.on_behalf_of, e.channel, e.invocation_id, e.bundle, e.bundle_version, e.command,
  coalesce(o.outcome, e.outcome) as outcome, coalesce(o.exit_code, e.exit_code) as exit_code,
  coalesce(o.image, e.image) as image, coalesce(o.relay_id, e.relay_id) as relay_id,
  r.name as relay_name, coalesce(o.execution_id, e.execution_id) as execution_id, e.attempt,
  (extract(epoch from o.ended_at - e.at) * 1000)::float8 as duration_ms, e.object, e.trace_id,
  d.detail`;

const JOINS = (workspaceId: string, joinsEnd: SQL = sql`e.kind = 'invocation.requested'`) => sql`
  left join lateral (
    select
      (array_agg(f.outcome) filter (where f.kind = 'invocation.ended'))[1] as outcome,
      (array_agg(f.exit_code) filter (where f.kind = 'invocation.ended'))[1] as exit_code,
      max(f.at) filter (where f.kind = 'invocation.ended') as ended_at,
      (array_agg(f.image order by f.at desc) filter (where f.image is not null))[1] as image,
      (array_agg(f.relay_id order by f.at desc) filter (where f.relay_id is not null))[1]
        as relay_id,
      (array_agg(f.execution_id order by f.at desc) filter (where f.execution_id is not null))[1]
        as execution_id
    from audit_events f where f.workspace_id = ${workspaceId}
      and f.invocation_id = e.invocation_id) o on ${joinsEnd}
  left join users u on u.workspace_id = ${workspaceId} and u.id = e.actor_id
  left join relays r on r.workspace_id = ${workspaceId} and r.id = coalesce(o.relay_id, e.relay_id)
  left join audit_details d on d.workspace_id = ${workspaceId} and d.event_id = e.id`;
