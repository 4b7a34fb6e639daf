import { sql } from "drizzle-orm";
import type { Store } from "../store/pool.ts";
import { hashBeforeFirst } from "./chain-hash.ts";
import type { ExportEnd, ExportHeader, ExportLink } from "./export-format.ts";
import { idFloor } from "./id-bounds.ts";

const PAGE = 500;
const MOST_ORPHANS = 1_000;
/** Of `bigint`. */
const LARGEST = "9223372036854775807";

/**
 * The audit of a workspace as lines of an export. The chain only grows, so it is read page by
 * page, each in a transaction of its own, up to where it ended when the reading began.
 */
export async function* exportAudit(
  store: Store,
  workspaceId: string,
  since: Date | undefined,
): AsyncGenerator<string> {
  const { header, last } = await readHeader(store, workspaceId, since);
  yield print(header);
  // By what there is, not by what numbers there should be: a gap may be as wide as a number goes.
  for (let next: number | undefined = header.first; next !== undefined && next <= last; ) {
    const links = await readLinks(store, workspaceId, next, last);
    if (links.length > 0) yield links.map(print).join("");
    const newest: number | undefined = links.at(-1)?.number;
    next = newest === undefined || newest >= Number.MAX_SAFE_INTEGER ? undefined : newest + 1;
  }
  yield print(await readEnd(store, workspaceId, last));
}

async function readHeader(
  store: Store,
  workspaceId: string,
  since: Date | undefined,
): Promise<{ header: ExportHeader; last: number }> {
  const { rows: lists } = await store.pool.query<{ jws: string }>(
    "select jws from key_lists order by number",
  );
  return store.inWorkspace(workspaceId, async (db) => {
    const first = since ? await firstSince(since) : 1;
    const { rows } = await db.execute<{ head: string | null; last: string; before: string | null }>(
      sql`select (select jws from audit_heads where workspace_id = ${workspaceId}) as head,
        (select coalesce(max(number), 0) from audit_chain where workspace_id = ${workspaceId})
          as last,
        (select encode(hash, 'hex') from audit_chain
          where workspace_id = ${workspaceId} and number = ${first - 1}) as before`,
    );
    const { head = null, last = "0", before = null } = rows[0] ?? {};
    const header: ExportHeader = {
      format: "aldis-audit",
      version: 1,
      workspace: workspaceId,
      exportedAt: new Date().toISOString(),
      first,
      before: before ?? hashBeforeFirst(workspaceId).toString("hex"),
      head,
      keyLists: lists.map(({ jws }) => jws),
    };
    return { header, last: toNumber(last) };

    /** Events may be linked in another order than they were made in: a few earlier ones come too. */
    async function firstSince(moment: Date): Promise<number> {
      const found = await db.execute<{ number: string | null }>(sql`
        select min(c.number) as number from (select id from audit_events
            where workspace_id = ${workspaceId} and id >= ${idFloor(moment)} order by id limit 1000) e
          join audit_chain c on c.workspace_id = ${workspaceId} and c.event_id = e.id`);
      if (found.rows[0]?.number != null) return toNumber(found.rows[0].number);
      const end = await db.execute<{ last: string }>(sql`select coalesce(max(number), 0) as last
        from audit_chain where workspace_id = ${workspaceId}`);
      return toNumber(String(Number(end.rows[0]?.last ?? 0) + 1));
    }
  });
}

interface LinkRow extends Record<string, unknown> {
  number: string;
  id: string;
  event: string | null;
  hash: string;
  detail: string | null;
  salt: string | null;
}

function readLinks(
  store: Store,
  workspaceId: string,
  from: number,
  to: number,
): Promise<ExportLink[]> {
  return store.inWorkspace(workspaceId, async (db) => {
    const { rows } = await db.execute<LinkRow>(sql`
      select c.number, c.event_id as id, e.body::text as event, encode(c.hash, 'hex') as hash,
        d.detail, encode(d.salt, 'hex') as salt
      from audit_chain c
        left join audit_events e on e.workspace_id = c.workspace_id and e.id = c.event_id
        left join audit_details d on d.workspace_id = c.workspace_id and d.event_id = c.event_id
      where c.workspace_id = ${workspaceId} and c.number >= ${from}
        and c.number <= ${to < Number.MAX_SAFE_INTEGER ? to : LARGEST}
      order by c.number limit ${PAGE}`);
    return rows.map(({ number, id, event, hash, detail, salt }) => ({
      number: toNumber(number),
      id,
      event,
      hash,
      ...(detail !== null && { detail, salt: salt ?? "" }),
    }));
  });
}

/** One statement, so one snapshot: an event that is being linked is in one place or the other. */
function readEnd(store: Store, workspaceId: string, last: number): Promise<ExportEnd> {
  return store.inWorkspace(workspaceId, async (db) => {
    const { rows } = await db.execute<{ unlinked: string; orphans: string[] | null }>(sql`
      select (select count(*) from audit_unlinked where workspace_id = ${workspaceId}) as unlinked,
        (select array_agg(id order by id) from (select e.id from audit_events e
          where e.workspace_id = ${workspaceId}
            and not exists (select from audit_chain c
              where c.workspace_id = ${workspaceId} and c.event_id = e.id)
            and not exists (select from audit_unlinked u
              where u.workspace_id = ${workspaceId} and u.event_id = e.id)
          limit ${MOST_ORPHANS}) orphan) as orphans`);
    const { unlinked = "0", orphans = null } = rows[0] ?? {};
    return { end: true, last, unlinked: Number(unlinked), orphans: orphans ?? [] };
  });
}

/** No number that JSON would round: one beyond is none of the chain's, and is found as such. */
export function toNumber(text: string): number {
  return Math.min(Number(text), Number.MAX_SAFE_INTEGER);
}

function print(line: ExportHeader | ExportLink | ExportEnd): string {
  return `${JSON.stringify(line)}\n`;
}
