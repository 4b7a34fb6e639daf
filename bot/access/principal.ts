import { sql } from "drizzle-orm";
import type { Store } from "../store/pool.ts";

/** Whoever asks: one account at one provider. */
export interface IdentityKey {
  adapter: string;
  installation: string;
  providerUser: string;
}

/** An Aldis user with all that a decision needs to know of them. */
export interface Principal {
  userId: string;
  name: string;
  groups: readonly string[];
  roles: readonly string[];
  permissions: ReadonlySet<string>;
  /** When the first of the grants that this rests on expires. */
  goodUntil?: Date;
}

/** A principal, and the version of the workspace's access that it was read under. */
export interface PrincipalRead {
  accessVersion: number;
  principal: Principal | undefined;
}

interface Row extends Record<string, unknown> {
  access_version: string;
  user_id: string | null;
  name: string | null;
  groups: string[] | null;
  roles: string[] | null;
  permissions: string[] | null;
  good_until: Date | null;
}

/** Reads the active user behind an identity; version and rights come from one snapshot. */
export function readPrincipal(
  store: Store,
  workspaceId: string,
  who: IdentityKey | { userId: string },
): Promise<PrincipalRead> {
  const account =
    "userId" in who
      ? sql`select u.id, u.name from users u where u.id = ${who.userId} and u.state = 'active'`
      : sql`select u.id, u.name from identities i
          join users u on u.workspace_id = i.workspace_id and u.id = i.user_id and u.state = 'active'
          where i.adapter = ${who.adapter} and i.installation = ${who.installation}
            and i.provider_user = ${who.providerUser}`;
  return store.inWorkspace(workspaceId, async (db) => {
    const { rows } = await db.execute<Row>(sql`
      with account as (${account}),
      memberships as (
        select g.id, g.name from group_members m join groups g using (workspace_id)
          where m.group_id = g.id and m.user_id = (select id from account)),
      held as (
        select r.id, r.name, g.expires_at from grants g join roles r using (workspace_id)
          where g.role_id = r.id and (g.expires_at is null or g.expires_at > clock_timestamp())
            and g.id in (
              select id from grants where user_id = (select id from account)
              union all
              select d.id from memberships m join grants d on d.group_id = m.id))
      select w.access_version, a.id as user_id, a.name,
        (select array_agg(name) from memberships) as groups,
        (select array_agg(distinct name) from held) as roles,
        (select min(expires_at) from held) as good_until,
        (select array_agg(distinct permission) from role_permissions
          where role_id in (select id from held)) as permissions
      from workspaces w left join account a on true where w.id = ${workspaceId}`);
    return toRead(rows[0]);
  });
}

function toRead(row: Row | undefined): PrincipalRead {
  if (!row) throw new TypeError("no such workspace");
  const accessVersion = Number(row.access_version);
  if (row.user_id === null || row.name === null) return { accessVersion, principal: undefined };
  return {
    accessVersion,
    principal: {
      userId: row.user_id,
      name: row.name,
      groups: row.groups ?? [],
      roles: row.roles ?? [],
      permissions: new Set(row.permissions),
      ...(row.good_until && { goodUntil: new Date(row.good_until) }),
    },
  };
}
