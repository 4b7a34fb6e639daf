import { sql } from "drizzle-orm";
import type { Database } from "../store/pool.ts";

/** One way in which a user holds a permission: by a role of theirs, or of a group they are in. */
export interface GrantPath {
  group: string | null;
  role: string;
  expiresAt: Date | null;
}

/** How a user holds a permission, or who would give it. */
export interface PermissionPaths {
  name: string;
  held: boolean;
  paths: GrantPath[];
  /** Every role that has it. */
  roles: string[];
  /** Every group that holds such a role now. */
  groups: string[];
}

interface PathRow extends Record<string, unknown> {
  permission: string;
  group: string | null;
  role: string;
  expires_at: string | null;
}

interface HolderRow extends Record<string, unknown> {
  permission: string;
  roles: string[];
  groups: string[];
}

/** By the database's clock: what has expired is no path. */
export async function pathsTo(
  db: Database,
  userId: string,
  permissions: readonly string[],
): Promise<PermissionPaths[]> {
  const paths = Map.groupBy(await readPaths(db, userId, permissions), (row) => row.permission);
  const holders = new Map((await readHolders(db, permissions)).map((row) => [row.permission, row]));
  return permissions.map((name) => {
    const ways = (paths.get(name) ?? []).map(({ group, role, expires_at }) => {
      return { group, role, expiresAt: expires_at === null ? null : new Date(expires_at) };
    });
    const { roles = [], groups = [] } = holders.get(name) ?? {};
    return { name, held: ways.length > 0, paths: ways, roles, groups };
  });
}

/** Active users who may manage access, to be asked for what is missing; by name, at most `limit`. */
export async function readAccessManagers(db: Database, limit: number): Promise<string[]> {
  const { rows } = await db.execute<{ name: string }>(sql`
    select u.name from users u where u.state = 'active' and exists (
      select from grants g join role_permissions p on p.role_id = g.role_id
      where p.permission = 'site:access-manage'
        and (g.expires_at is null or g.expires_at > clock_timestamp())
        and (g.user_id = u.id or g.group_id in (
          select m.group_id from group_members m where m.user_id = u.id)))
    order by u.name limit ${limit}`);
  return rows.map(({ name }) => name);
}

async function readPaths(
  db: Database,
  userId: string,
  permissions: readonly string[],
): Promise<PathRow[]> {
  const { rows } = await db.execute<PathRow>(sql`
    select p.permission, s.name as group, r.name as role, g.expires_at
    from grants g join roles r on r.id = g.role_id join role_permissions p on p.role_id = r.id
      left join groups s on s.id = g.group_id
    where p.permission = any(${sql.param(permissions)}::text[])
      and (g.expires_at is null or g.expires_at > clock_timestamp())
      and (g.user_id = ${userId} or g.group_id in (
        select m.group_id from group_members m where m.user_id = ${userId}))
    order by p.permission, s.name nulls first, r.name`);
  return rows;
}

async function readHolders(db: Database, permissions: readonly string[]): Promise<HolderRow[]> {
  const { rows } = await db.execute<HolderRow>(sql`
    select p.permission, array_agg(distinct r.name order by r.name) as roles,
      coalesce(array_agg(distinct s.name order by s.name) filter (where s.name is not null), '{}')
        as groups
    from role_permissions p join roles r on r.id = p.role_id
      left join grants g on g.role_id = r.id
        and (g.expires_at is null or g.expires_at > clock_timestamp())
      left join groups s on s.id = g.group_id
    where p.permission = any(${sql.param(permissions)}::text[])
    group by p.permission`);
  return rows;
}
