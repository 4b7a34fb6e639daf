import { and, eq, sql } from "drizzle-orm";
import { uuidv7 } from "../../relay/wire/ids.ts";
import { appendEvent } from "../audit/event.ts";
import type { Database, Store } from "../store/pool.ts";
import { grants, groupMembers, groups, identities, roles, users } from "../store/schema.ts";
import { ensureBuiltInRoles } from "./built-in-roles.ts";
import { ADMINISTRATORS, WORKSPACE_ADMIN } from "./permissions.ts";
import type { IdentityKey } from "./principal.ts";
import { insertToken } from "./tokens.ts";

export interface FirstAdministrator {
  userId: string;
  name: string;
  /** Their API token, known to nobody else. */
  token: string;
}

/** Whether anybody is known here. */
export async function hasUser(store: Store, workspaceId: string): Promise<boolean> {
  const found = await store.inWorkspace(workspaceId, (db) =>
    db.select({ id: users.id }).from(users).limit(1),
  );
  return found.length > 0;
}

/**
 * Makes the user `admin`, who may do everything, in a workspace that has no user yet; undefined if
 * it has one. Two bots that start at once make one. `keep` is given what was made before it is
 * committed: where it rejects, nobody was made.
 */
export function makeFirstAdministrator(
  store: Store,
  workspaceId: string,
  identity: IdentityKey | undefined,
  keep: (made: FirstAdministrator) => Promise<void> = async () => {},
): Promise<FirstAdministrator | undefined> {
  return store.inWorkspace(workspaceId, async (db) => {
    await db.execute(sql`lock table users in share row exclusive mode`);
    const [existing] = await db.select({ id: users.id }).from(users).limit(1);
    if (existing) return undefined;
    const [userId, groupId] = [uuidv7(), uuidv7()];
    await db.insert(users).values({ workspaceId, id: userId, name: "admin" });
    if (identity) await db.insert(identities).values({ workspaceId, userId, ...identity });
    await db.insert(groups).values({ workspaceId, id: groupId, name: ADMINISTRATORS });
    await db.insert(groupMembers).values({ workspaceId, groupId, userId });
    await ensureBuiltInRoles(db, workspaceId);
    await grantEverything(db, workspaceId, groupId);
    const token = await insertToken(db, workspaceId, userId, "first administrator");
    await appendEvent(db, workspaceId, {
      kind: "user.first-administrator",
      method: "system",
      actorId: userId,
      object: "user:admin",
      detail: { name: "admin", identity },
    });
    const made = { userId, name: "admin", token };
    await keep(made);
    return made;
  });
}

async function grantEverything(db: Database, workspaceId: string, groupId: string): Promise<void> {
  const [role] = await db
    .select({ id: roles.id })
    .from(roles)
    .where(and(eq(roles.workspaceId, workspaceId), eq(roles.name, WORKSPACE_ADMIN)));
  if (!role) throw new TypeError(`the workspace has no role ${WORKSPACE_ADMIN}`);
  await db.insert(grants).values({ workspaceId, id: uuidv7(), groupId, roleId: role.id });
}
