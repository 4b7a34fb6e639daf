import { eq, sql } from "drizzle-orm";
import { nearest } from "../../relay/process/nearest.ts";
import type { Database, Store } from "../store/pool.ts";
import { rolePermissions, sitePermissions } from "../store/schema.ts";
import { type Actor, type Change, changeAccess, recorded } from "./change.ts";
import { notThere } from "./find-named.ts";
import { type Outcome, type Refusal, refused } from "./outcome.ts";
import { isSitePermission } from "./permissions.ts";

/** A permission that the workspace declares for itself. */
export interface OwnPermission {
  name: string;
  description: string;
}

export function definePermission(
  store: Store,
  workspaceId: string,
  { name, description }: OwnPermission,
  actor: Actor,
): Promise<Outcome<OwnPermission>> {
  return changeAccess(store, workspaceId, actor, async (change) => {
    if (isSitePermission(name)) {
      return refused("conflict", `${name} is the program's own: choose another name`);
    }
    const made = await change.db
      .insert(sitePermissions)
      .values({ workspaceId, name, description, createdBy: actor.userId })
      .onConflictDoNothing()
      .returning({ name: sitePermissions.name });
    if (made.length === 0) return refused("conflict", `there is a permission ${name} already`);
    const after = { name, description };
    const event = { kind: "permission.defined", object: `permission:${name}`, before: null, after };
    return recorded(change, event, after);
  });
}

/** Whoever held it holds it no longer; a bundle's rule that asks for it is met by nobody. */
export function removePermission(
  store: Store,
  workspaceId: string,
  name: string,
  actor: Actor,
): Promise<Outcome<void>> {
  return changeAccess(store, workspaceId, actor, async (change) => {
    const refusal = await refuseWhileAskedFor(change, name);
    if (refusal) return refusal;
    const [gone] = await change.db
      .delete(sitePermissions)
      .where(eq(sitePermissions.name, name))
      .returning({ description: sitePermissions.description });
    if (!gone) return missing(change, name);
    const { rows } = await change.db.execute<{ name: string }>(sql`
      select r.name from role_permissions p join roles r on r.id = p.role_id
      where p.permission = ${name} order by r.name`);
    await change.db.delete(rolePermissions).where(eq(rolePermissions.permission, name));
    const before = { name, ...gone, roles: rows.map((row) => row.name) };
    const event = { kind: "permission.removed", object: `permission:${name}`, before, after: null };
    return recorded(change, event, undefined);
  });
}

export function listOwnPermissions(store: Store, workspaceId: string): Promise<OwnPermission[]> {
  return store.inWorkspace(workspaceId, (db) => readOwnPermissions(db));
}

export function readOwnPermissions(db: Database): Promise<OwnPermission[]> {
  return db
    .select({ name: sitePermissions.name, description: sitePermissions.description })
    .from(sitePermissions)
    .orderBy(sitePermissions.name);
}

/** An operator's rule that asks for what nobody declares would close its command to everybody. */
async function refuseWhileAskedFor({ db }: Change, name: string): Promise<Refusal | undefined> {
  const mentions = `(^|[^a-z0-9_:-])${name}($|[^a-z0-9_-])`;
  const { rows } = await db.execute<{ command: string }>(sql`
    select distinct bundle || ':' || command as command from operator_rules
    where rule ~ ${mentions} order by 1`);
  if (rows.length === 0) return undefined;
  const commands = rows.map(({ command }) => command).join(", ");
  return refused("conflict", `rules about ${commands} ask for ${name}: remove those first`);
}

/** What was read before one's turn may have been removed since: for use inside a change. */
export async function refuseUndeclared(
  db: Database,
  permissions: readonly string[],
): Promise<Refusal | undefined> {
  const own = new Set((await readOwnPermissions(db)).map(({ name }) => name));
  const gone = permissions.filter(
    (name) => name.startsWith("site:") && !isSitePermission(name) && !own.has(name),
  );
  if (gone.length === 0) return undefined;
  return refused("conflict", `nobody declares ${gone.join(", ")} any more: declare it first`);
}

async function missing({ db }: Change, name: string): Promise<Refusal> {
  if (isSitePermission(name)) return refused("conflict", `${name} is the program's own and stays`);
  const own = await readOwnPermissions(db);
  const close = nearest(
    name,
    own.map((permission) => permission.name),
  );
  return notThere(`the workspace has no permission ${name} of its own`, close);
}
