import { type SQL, sql } from "drizzle-orm";
import type { Database } from "../store/pool.ts";
import { type Refusal, refused } from "./outcome.ts";
import { isSitePermission } from "./permissions.ts";

/** Permissions, each with the time until which it is held, in milliseconds; for good is infinity. */
export type Holdings = ReadonlyMap<string, number>;

export type Holder = { userId: string } | { groupId: string };

/** What somebody's grants give, by the database's clock; a suspended user's count as well. */
export async function heldBy(db: Database, holder: Holder): Promise<Holdings> {
  const { rows } = await db.execute<{ permission: string; until: number | null }>(sql`
    select p.permission,
      case when bool_or(g.expires_at is null) then null
        else extract(epoch from max(g.expires_at))::float8 * 1000 end as until
    from grants g join role_permissions p on p.role_id = g.role_id
    where (g.expires_at is null or g.expires_at > clock_timestamp()) and ${isGrantOf(holder)}
    group by p.permission`);
  return new Map(rows.map(({ permission, until }) => [permission, until ?? FOR_GOOD]));
}

export async function permissionsOfRole(db: Database, roleId: string): Promise<string[]> {
  const { rows } = await db.execute<{ permission: string }>(
    sql`select permission from role_permissions where role_id = ${roleId} order by permission`,
  );
  return rows.map(({ permission }) => permission);
}

export const FOR_GOOD = Number.POSITIVE_INFINITY;

export function holdingsOf(permissions: Iterable<string>, until: number): Holdings {
  return new Map([...permissions].map((permission) => [permission, until]));
}

/**
 * Of the program's own permissions nobody gives what they do not hold, or for longer than they hold
 * it. Those of bundles and of the workspace's own are for whoever manages access to give.
 */
export function refuseGiving(held: Holdings, given: Holdings): Refusal | undefined {
  const beyond = [...given].filter(([name, until]) => {
    return isSitePermission(name) && (held.get(name) ?? Number.NEGATIVE_INFINITY) < until;
  });
  if (beyond.length === 0) return undefined;
  const names = beyond.map(([name]) => name).sort();
  const isTooLong = names.every((name) => held.has(name));
  const why = isTooLong ? "which you do not hold for that long" : "which you do not hold yourself";
  return refused("forbidden", `it gives ${names.join(", ")}, ${why}: ask somebody who does`);
}

/** Nor does anybody take away what they do not hold. */
export function refuseTaking(held: Holdings, taken: Iterable<string>): Refusal | undefined {
  const beyond = [...taken].filter((name) => isSitePermission(name) && !held.has(name)).sort();
  if (beyond.length === 0) return undefined;
  const line = `it takes away ${beyond.join(", ")}, which you do not hold yourself: ask somebody who does`;
  return refused("forbidden", line);
}

function isGrantOf(holder: Holder): SQL {
  if ("groupId" in holder) return sql`g.group_id = ${holder.groupId}`;
  const { userId } = holder;
  return sql`(g.user_id = ${userId} or g.group_id in (
    select m.group_id from group_members m where m.user_id = ${userId}))`;
}
