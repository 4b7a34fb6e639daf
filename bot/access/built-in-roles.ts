import { sql } from "drizzle-orm";
import { uuidv7 } from "../../relay/wire/ids.ts";
import { appendEvent } from "../audit/event.ts";
import type { Database } from "../store/pool.ts";
import { rolePermissions, roles } from "../store/schema.ts";
import { BUILT_IN_ROLES } from "./permissions.ts";

/**
 * Makes the built-in roles that are missing and gives each what the program's registry says, no
 * more and no less. Changes nothing where that is so already.
 */
export async function ensureBuiltInRoles(db: Database, workspaceId: string): Promise<void> {
  const { rows } = await db.execute<{ name: string; permissions: string[] | null }>(sql`
    select r.name, (select array_agg(p.permission order by p.permission) from role_permissions p
      where p.workspace_id = r.workspace_id and p.role_id = r.id) as permissions
    from roles r where r.workspace_id = ${workspaceId} and r.built_in`);
  const there = new Map(rows.map(({ name, permissions }) => [name, permissions ?? []]));
  for (const [name, { description, permissions }] of Object.entries(BUILT_IN_ROLES)) {
    const before = there.get(name);
    const after = [...permissions].sort();
    if (before && before.join() === after.join()) continue;
    await putRole(db, workspaceId, name, description, after);
    await appendEvent(db, workspaceId, {
      kind: before ? "role.changed" : "role.created",
      method: "system",
      object: `role:${name}`,
      detail: { name, before: before ?? null, after },
    });
  }
}

/** A role of that name that people made themselves becomes the built-in one. */
async function putRole(
  db: Database,
  workspaceId: string,
  name: string,
  description: string,
  permissions: readonly string[],
): Promise<void> {
  const [role] = await db
    .insert(roles)
    .values({ workspaceId, id: uuidv7(), name, description, builtIn: true })
    .onConflictDoUpdate({
      target: [roles.workspaceId, roles.name],
      set: { description, builtIn: true },
    })
    .returning({ id: roles.id });
  if (!role) throw new TypeError("a role was neither made nor changed");
  await db.execute(sql`delete from role_permissions where workspace_id = ${workspaceId}
    and role_id = ${role.id} and permission <> all(${sql.param(permissions)}::text[])`);
  await db
    .insert(rolePermissions)
    .values(permissions.map((permission) => ({ workspaceId, roleId: role.id, permission })))
    .onConflictDoNothing();
}
