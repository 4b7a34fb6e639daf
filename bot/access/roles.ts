import { and, eq, inArray, sql } from "drizzle-orm";
import { nearest } from "../../relay/process/nearest.ts";
import { uuidv7 } from "../../relay/wire/ids.ts";
import type { Database, Store } from "../store/pool.ts";
import { rolePermissions, roles } from "../store/schema.ts";
import { type Actor, type Change, changeAccess, recorded } from "./change.ts";
import { findNamed } from "./find-named.ts";
import { FOR_GOOD, holdingsOf, permissionsOfRole, refuseGiving, refuseTaking } from "./holdings.ts";
import { asItWas, type Outcome, type Refusal, refused } from "./outcome.ts";
import { BUILT_IN_ROLES } from "./permissions.ts";
import { refuseUndeclared } from "./site-permissions.ts";

export interface RoleItem {
  name: string;
  description: string;
  builtIn: boolean;
  permissions: string[];
}

export interface NewRole {
  name: string;
  description: string;
  permissions: readonly string[];
}

/** `declared` is every permission there is: a role cannot hold one that nobody declares. */
export function createRole(
  store: Store,
  workspaceId: string,
  { name, description, permissions }: NewRole,
  declared: ReadonlySet<string>,
  actor: Actor,
): Promise<Outcome<RoleItem>> {
  return changeAccess(store, workspaceId, actor, async (change) => {
    const refusal = refuseBuiltInName(name) ?? (await refuseAdding(change, permissions, declared));
    if (refusal) return refusal;
    const id = uuidv7();
    const made = await change.db
      .insert(roles)
      .values({ workspaceId, id, name, description })
      .onConflictDoNothing()
      .returning({ id: roles.id });
    if (made.length === 0) return refused("conflict", `there is a role ${name} already`);
    await addPermissions(change, id, permissions);
    const after = { description, permissions: await permissionsOfRole(change.db, id) };
    const event = { kind: "role.created", object: `role:${name}`, before: null, after };
    return recorded(change, event, { name, builtIn: false, ...after });
  });
}

/** Everybody who holds the role has what is added, and no longer what is removed. */
export function changeRole(
  store: Store,
  workspaceId: string,
  name: string,
  { add, remove }: { add: readonly string[]; remove: readonly string[] },
  declared: ReadonlySet<string>,
  actor: Actor,
): Promise<Outcome<void>> {
  return changeAccess(store, workspaceId, actor, async (change) => {
    const role = await findCustomRole(change.db, name);
    if (!role.ok) return role;
    const { id } = role.value;
    const before = await permissionsOfRole(change.db, id);
    const refusal =
      (await refuseAdding(change, add, declared)) ?? refuseTaking(change.held, remove);
    if (refusal) return refusal;
    await addPermissions(change, id, add);
    await removePermissions(change.db, id, remove);
    const after = await permissionsOfRole(change.db, id);
    if (before.join() === after.join()) return asItWas(undefined);
    const event = { kind: "role.changed", object: `role:${name}`, before, after };
    return recorded(change, event, undefined);
  });
}

/** Takes its grants with it. */
export function removeRole(
  store: Store,
  workspaceId: string,
  name: string,
  actor: Actor,
): Promise<Outcome<void>> {
  return changeAccess(store, workspaceId, actor, async (change) => {
    const role = await findCustomRole(change.db, name);
    if (!role.ok) return role;
    const before = await permissionsOfRole(change.db, role.value.id);
    const refusal = refuseTaking(change.held, before);
    if (refusal) return refusal;
    await change.db.delete(roles).where(eq(roles.id, role.value.id));
    const event = { kind: "role.removed", object: `role:${name}`, before, after: null };
    return recorded(change, event, undefined);
  });
}

export function listRoles(store: Store, workspaceId: string): Promise<RoleItem[]> {
  return store.inWorkspace(workspaceId, async (db) => {
    const { rows } = await db.execute<RoleItem & Record<string, unknown>>(sql`
      select r.name, r.description, r.built_in as "builtIn",
        array(select permission from role_permissions where role_id = r.id order by 1)
          as permissions
      from roles r order by r.name`);
    return rows;
  });
}

async function findCustomRole(db: Database, name: string): Promise<Outcome<{ id: string }>> {
  const role = await findNamed(db, "role", name);
  if (!role.ok) return role;
  const [found] = await db
    .select({ builtIn: roles.builtIn })
    .from(roles)
    .where(eq(roles.id, role.value.id));
  if (!found?.builtIn) return role;
  const line = `${name} is built in and stays as it is: make a role of your own with aldis role add`;
  return refused("conflict", line);
}

/** Not even one that only looks like it. */
function refuseBuiltInName(name: string): Refusal | undefined {
  const builtIn = Object.keys(BUILT_IN_ROLES).find(
    (each) => each.toLowerCase() === name.toLowerCase(),
  );
  return builtIn === undefined ? undefined : refused("conflict", `${builtIn} is a built-in role`);
}

async function refuseAdding(
  { db, held }: Change,
  permissions: readonly string[],
  declared: ReadonlySet<string>,
): Promise<Refusal | undefined> {
  const unknown = permissions.find((permission) => !declared.has(permission));
  if (unknown === undefined) {
    const refusal = await refuseUndeclared(db, permissions);
    return refusal ?? refuseGiving(held, holdingsOf(permissions, FOR_GOOD));
  }
  const close = nearest(unknown, declared);
  const hint = close === undefined ? "" : `; did you mean ${close}?`;
  return refused("invalid", `nobody declares the permission ${unknown}${hint}`);
}

async function addPermissions(
  { db, workspaceId }: Change,
  roleId: string,
  permissions: readonly string[],
): Promise<void> {
  if (permissions.length === 0) return;
  const rows = permissions.map((permission) => ({ workspaceId, roleId, permission }));
  await db.insert(rolePermissions).values(rows).onConflictDoNothing();
}

async function removePermissions(
  db: Database,
  roleId: string,
  permissions: readonly string[],
): Promise<void> {
  if (permissions.length === 0) return;
  const isGone = inArray(rolePermissions.permission, [...permissions]);
  await db.delete(rolePermissions).where(and(eq(rolePermissions.roleId, roleId), isGone));
}
