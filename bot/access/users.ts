import { asc, eq } from "drizzle-orm";
import { uuidv7 } from "../../relay/wire/ids.ts";
import type { Database, Store } from "../store/pool.ts";
import { groupMembers, groups, identities, users } from "../store/schema.ts";
import { type Actor, type Change, changeAccess, changeNamed, recorded } from "./change.ts";
import { heldBy, refuseGiving, refuseTaking } from "./holdings.ts";
import { asItWas, type Outcome, refused } from "./outcome.ts";

export interface NewUser {
  name: string;
  email?: string | undefined;
  labels?: Readonly<Record<string, string>> | undefined;
}

export interface UserItem {
  id: string;
  name: string;
  state: "active" | "suspended";
  email: string | null;
  labels: Record<string, string>;
  groups: string[];
  identities: { adapter: string; installation: string; account: string }[];
}

export function createUser(
  store: Store,
  workspaceId: string,
  { name, email, labels = {} }: NewUser,
  actor: Actor,
): Promise<Outcome<UserItem>> {
  return changeAccess(store, workspaceId, actor, async (change) => {
    const row = { workspaceId, id: uuidv7(), name, email: email ?? null, labels: { ...labels } };
    const added = await change.db
      .insert(users)
      .values(row)
      .onConflictDoNothing()
      .returning({ state: users.state });
    const [made] = added;
    if (!made) return refused("conflict", `there is a user ${name} already`);
    const after = { name, email: row.email, labels: row.labels, state: made.state };
    const event = { kind: "user.created", object: `user:${name}`, before: null, after };
    return recorded(change, event, { ...row, ...made, groups: [], identities: [] });
  });
}

/** Nobody from the next invocation on; what they hold stays for the day they are activated. */
export function suspendUser(
  store: Store,
  workspaceId: string,
  name: string,
  actor: Actor,
): Promise<Outcome<void>> {
  return changeNamed(store, workspaceId, { kind: "user", name }, actor, async (change, user) => {
    const held = await heldBy(change.db, { userId: user.id });
    return refuseTaking(change.held, held.keys()) ?? setState(change, user, "suspended");
  });
}

export function activateUser(
  store: Store,
  workspaceId: string,
  name: string,
  actor: Actor,
): Promise<Outcome<void>> {
  return changeNamed(store, workspaceId, { kind: "user", name }, actor, async (change, user) => {
    const held = await heldBy(change.db, { userId: user.id });
    return refuseGiving(change.held, held) ?? setState(change, user, "active");
  });
}

async function setState(
  change: Change,
  { id, name }: { id: string; name: string },
  state: UserItem["state"],
): Promise<Outcome<void>> {
  const [user] = await change.db.select({ state: users.state }).from(users).where(eq(users.id, id));
  if (user?.state === state) return asItWas(undefined);
  await change.db.update(users).set({ state }).where(eq(users.id, id));
  const kind = state === "active" ? "user.activated" : "user.suspended";
  const before = { state: user?.state };
  return recorded(change, { kind, object: `user:${name}`, before, after: { state } }, undefined);
}

export function listUsers(store: Store, workspaceId: string): Promise<UserItem[]> {
  return store.inWorkspace(workspaceId, async (db) => {
    const all = await db.select().from(users).orderBy(asc(users.name));
    const [groupsOf, accountsOf] = [await groupsByUser(db), await accountsByUser(db)];
    return all.map(({ id, name, state, email, labels }) => ({
      id,
      name,
      state,
      email,
      labels,
      groups: groupsOf.get(id)?.map((row) => row.name) ?? [],
      identities:
        accountsOf.get(id)?.map(({ adapter, installation, providerUser }) => ({
          adapter,
          installation,
          account: providerUser,
        })) ?? [],
    }));
  });
}

async function groupsByUser(db: Database) {
  const rows = await db
    .select({ userId: groupMembers.userId, name: groups.name })
    .from(groupMembers)
    .innerJoin(groups, eq(groups.id, groupMembers.groupId))
    .orderBy(groups.name);
  return Map.groupBy(rows, ({ userId }) => userId);
}

async function accountsByUser(db: Database) {
  const rows = await db.select().from(identities).orderBy(identities.adapter, identities.createdAt);
  return Map.groupBy(rows, ({ userId }) => userId);
}
