import { sql } from "drizzle-orm";
import { uuidv7 } from "../../relay/wire/ids.ts";
import type { Store } from "../store/pool.ts";
import {
  groupMembers,
  groupRoles,
  groups,
  identities,
  rolePermissions,
  roles,
  users,
} from "../store/schema.ts";
import { ADMINISTRATORS, SITE_PERMISSIONS, WORKSPACE_ADMIN } from "./permissions.ts";
import type { IdentityKey } from "./principal.ts";

export interface FirstAdministrator {
  userId: string;
  name: string;
}

/** Whether anybody is known here. */
export async function hasUser(store: Store, workspaceId: string): Promise<boolean> {
  const found = await store.inWorkspace(workspaceId, (db) =>
    db.select({ id: users.id }).from(users).limit(1),
  );
  return found.length > 0;
}

/**
 * Makes the user `admin` with every permission of the program, in a workspace that has no user
 * yet; undefined if it has one. Two bots that start at once make one.
 */
export function makeFirstAdministrator(
  store: Store,
  workspaceId: string,
  identity: IdentityKey | undefined,
): Promise<FirstAdministrator | undefined> {
  return store.inWorkspace(workspaceId, async (db) => {
    await db.execute(sql`lock table users in share row exclusive mode`);
    const [existing] = await db.select({ id: users.id }).from(users).limit(1);
    if (existing) return undefined;
    const [userId, groupId, roleId] = [uuidv7(), uuidv7(), uuidv7()];
    await db.insert(users).values({ workspaceId, id: userId, name: "admin" });
    if (identity) await db.insert(identities).values({ workspaceId, userId, ...identity });
    await db.insert(groups).values({ workspaceId, id: groupId, name: ADMINISTRATORS });
    await db.insert(groupMembers).values({ workspaceId, groupId, userId });
    await db.insert(roles).values({ workspaceId, id: roleId, name: WORKSPACE_ADMIN });
    await db.insert(groupRoles).values({ workspaceId, groupId, roleId });
    const permissions = Object.keys(SITE_PERMISSIONS);
    await db
      .insert(rolePermissions)
      .values(permissions.map((permission) => ({ workspaceId, roleId, permission })));
    return { userId, name: "admin" };
  });
}
