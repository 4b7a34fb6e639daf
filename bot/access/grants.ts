import { eq, sql } from "drizzle-orm";
import { uuidv7 } from "../../relay/wire/ids.ts";
import type { Database, Store } from "../store/pool.ts";
import { grants } from "../store/schema.ts";
import { type Actor, changeAccess, recorded } from "./change.ts";
import { findNamed, type Named } from "./find-named.ts";
import { FOR_GOOD, holdingsOf, permissionsOfRole, refuseGiving, refuseTaking } from "./holdings.ts";
import { asItWas, type Outcome, refused } from "./outcome.ts";

/** Who is granted a role: exactly one of the two. */
export type Grantee = { user: string } | { group: string };

/** Without either, for good. */
export type Term = { expiresAt?: Date | undefined; forMs?: number | undefined };

export interface GrantItem {
  id: string;
  role: string;
  user: string | null;
  group: string | null;
  expiresAt: Date | null;
  isExpired: boolean;
  reason: string;
  grantedBy: string | null;
  grantedAt: Date;
}

/** Granting again changes until when, and why. */
export function grantRole(
  store: Store,
  workspaceId: string,
  wish: { role: string; to: Grantee; term: Term; reason: string },
  actor: Actor,
): Promise<Outcome<GrantItem>> {
  return changeAccess(store, workspaceId, actor, async (change) => {
    const { db } = change;
    const role = await findNamed(db, "role", wish.role);
    if (!role.ok) return role;
    const holder = await findGrantee(db, wish.to);
    if (!holder.ok) return holder;
    const expiresAt = await endOf(db, wish.term);
    if (expiresAt === "past") return refused("invalid", "it would have expired already");

    const until = expiresAt?.getTime() ?? FOR_GOOD;
    const gives = holdingsOf(await permissionsOfRole(db, role.value.id), until);
    const refusal = refuseGiving(change.held, gives);
    if (refusal) return refusal;
    const before = await findGrant(db, role.value.id, holder.value.id);
    const isSame = before?.expiresAt?.getTime() === expiresAt?.getTime();
    if (before && isSame && before.reason === wish.reason) return asItWas(before);

    const id = before?.id ?? uuidv7();
    await putGrant(db, {
      id,
      workspaceId,
      roleId: role.value.id,
      ...holderColumn(wish.to, holder.value.id),
      expiresAt: expiresAt ?? null,
      reason: wish.reason,
      grantedBy: actor.userId,
    });
    const [after] = await describeGrants(db, id);
    if (!after) throw new TypeError("a grant was neither made nor changed");
    const event = { kind: "grant.added", object: objectOf(wish.to), before: before ?? null, after };
    return recorded(change, event, after);
  });
}

export function revokeGrant(
  store: Store,
  workspaceId: string,
  id: string,
  actor: Actor,
): Promise<Outcome<void>> {
  return changeAccess(store, workspaceId, actor, async (change) => {
    const [before] = await describeGrants(change.db, id);
    if (!before) return refused("not-found", `there is no grant ${id}`);
    const role = await findNamed(change.db, "role", before.role);
    if (!role.ok) return role;
    // What has expired gives nothing that could be taken away.
    const taken = before.isExpired ? [] : await permissionsOfRole(change.db, role.value.id);
    const refusal = refuseTaking(change.held, taken);
    if (refusal) return refusal;
    await change.db.delete(grants).where(eq(grants.id, id));
    const { user, group } = before;
    const object = user === null ? `group:${group}` : `user:${user}`;
    return recorded(change, { kind: "grant.revoked", object, before, after: null }, undefined);
  });
}

export function listGrants(store: Store, workspaceId: string): Promise<GrantItem[]> {
  return store.inWorkspace(workspaceId, (db) => describeGrants(db));
}

function findGrantee(db: Database, to: Grantee): Promise<Outcome<Named>> {
  return "user" in to ? findNamed(db, "user", to.user) : findNamed(db, "group", to.group);
}

function objectOf(to: Grantee): string {
  return "user" in to ? `user:${to.user}` : `group:${to.group}`;
}

function holderColumn(to: Grantee, id: string): { userId: string } | { groupId: string } {
  return "user" in to ? { userId: id } : { groupId: id };
}

/** By the database's clock, which also decides when it is over. */
async function endOf(db: Database, { expiresAt, forMs }: Term): Promise<Date | undefined | "past"> {
  if (!expiresAt && forMs === undefined) return undefined;
  const { rows } = await db.execute<{ now: number }>(
    sql`select extract(epoch from clock_timestamp())::float8 * 1000 as now`,
  );
  const now = rows[0]?.now ?? Number.NaN;
  const end = expiresAt ?? new Date(now + (forMs ?? 0));
  return end.getTime() > now ? end : "past";
}

async function putGrant(db: Database, row: typeof grants.$inferInsert): Promise<void> {
  const { expiresAt, reason, grantedBy } = row;
  const grantedAt = sql`clock_timestamp()`;
  await db
    .insert(grants)
    .values(row)
    .onConflictDoUpdate({
      target: [grants.workspaceId, grants.id],
      set: { expiresAt, reason, grantedBy, grantedAt },
    });
}

async function findGrant(
  db: Database,
  roleId: string,
  holderId: string,
): Promise<GrantItem | undefined> {
  const { rows } = await db.execute<{ id: string }>(sql`select id from grants
    where role_id = ${roleId} and coalesce(user_id, group_id) = ${holderId}`);
  const id = rows[0]?.id;
  return id === undefined ? undefined : (await describeGrants(db, id))[0];
}

interface Row extends Record<string, unknown> {
  id: string;
  role: string;
  user: string | null;
  group: string | null;
  expires_at: string | null;
  is_expired: boolean;
  reason: string;
  granted_by: string | null;
  granted_at: string;
}

async function describeGrants(db: Database, id?: string): Promise<GrantItem[]> {
  const { rows } = await db.execute<Row>(sql`
    select g.id, r.name as role, u.name as user, s.name as group, g.expires_at, g.reason,
      coalesce(g.expires_at <= clock_timestamp(), false) as is_expired,
      b.name as granted_by, g.granted_at
    from grants g join roles r on r.id = g.role_id
      left join users u on u.id = g.user_id left join groups s on s.id = g.group_id
      left join users b on b.id = g.granted_by
    where ${id ?? null}::uuid is null or g.id = ${id ?? null}::uuid
    order by coalesce(u.name, s.name), r.name`);
  return rows.map(({ expires_at, is_expired, granted_by, granted_at, ...row }) => ({
    ...row,
    expiresAt: expires_at === null ? null : new Date(expires_at),
    isExpired: is_expired,
    grantedBy: granted_by,
    grantedAt: new Date(granted_at),
  }));
}
