import { and, eq, sql } from "drizzle-orm";
import { uuidv7 } from "../../relay/wire/ids.ts";
import type { Database, Store } from "../store/pool.ts";
import { groupMembers, groups } from "../store/schema.ts";
import { type Actor, type Change, changeAccess, changeNamed, recorded } from "./change.ts";
import { findNamed, type Named } from "./find-named.ts";
import { heldBy, refuseGiving, refuseTaking } from "./holdings.ts";
import { asItWas, type Outcome, refused } from "./outcome.ts";

export interface GroupItem {
  name: string;
  members: string[];
  /** Held by a grant that has not expired. */
  roles: string[];
}

export function createGroup(
  store: Store,
  workspaceId: string,
  name: string,
  actor: Actor,
): Promise<Outcome<GroupItem>> {
  return changeAccess(store, workspaceId, actor, async (change) => {
    const made = await change.db
      .insert(groups)
      .values({ workspaceId, id: uuidv7(), name })
      .onConflictDoNothing()
      .returning({ id: groups.id });
    if (made.length === 0) return refused("conflict", `there is a group ${name} already`);
    const event = { object: `group:${name}`, before: null, after: { name } };
    return recorded(change, { kind: "group.created", ...event }, { name, members: [], roles: [] });
  });
}

/** Takes its members' membership and its grants with it. */
export function removeGroup(
  store: Store,
  workspaceId: string,
  name: string,
  actor: Actor,
): Promise<Outcome<void>> {
  return changeNamed(store, workspaceId, { kind: "group", name }, actor, async (change, group) => {
    const { id: groupId } = group;
    const refusal = refuseTaking(change.held, (await heldBy(change.db, { groupId })).keys());
    if (refusal) return refusal;
    const before = await describeGroups(change.db, name);
    await change.db.delete(groups).where(eq(groups.id, groupId));
    const event = { object: `group:${name}`, before: before[0], after: null };
    return recorded(change, { kind: "group.removed", ...event }, undefined);
  });
}

export function joinGroup(
  store: Store,
  workspaceId: string,
  membership: { group: string; user: string },
  actor: Actor,
): Promise<Outcome<void>> {
  return changeMembership(store, workspaceId, membership, actor, async (change, group, user) => {
    const added = await change.db
      .insert(groupMembers)
      .values({ workspaceId, groupId: group.id, userId: user.id })
      .onConflictDoNothing()
      .returning({ userId: groupMembers.userId });
    if (added.length === 0) return asItWas(undefined);
    const refusal = refuseGiving(change.held, await heldBy(change.db, { groupId: group.id }));
    if (refusal) return refusal;
    const event = { object: `group:${group.name}`, before: null, after: { member: user.name } };
    return recorded(change, { kind: "group.joined", ...event }, undefined);
  });
}

export function leaveGroup(
  store: Store,
  workspaceId: string,
  membership: { group: string; user: string },
  actor: Actor,
): Promise<Outcome<void>> {
  return changeMembership(store, workspaceId, membership, actor, async (change, group, user) => {
    const refusal = refuseTaking(
      change.held,
      (await heldBy(change.db, { groupId: group.id })).keys(),
    );
    if (refusal) return refusal;
    const removed = await change.db
      .delete(groupMembers)
      .where(and(eq(groupMembers.groupId, group.id), eq(groupMembers.userId, user.id)))
      .returning({ userId: groupMembers.userId });
    if (removed.length === 0) return asItWas(undefined);
    const event = { object: `group:${group.name}`, before: { member: user.name }, after: null };
    return recorded(change, { kind: "group.left", ...event }, undefined);
  });
}

function changeMembership(
  store: Store,
  workspaceId: string,
  membership: { group: string; user: string },
  actor: Actor,
  work: (change: Change, group: Named, user: Named) => Promise<Outcome<void>>,
): Promise<Outcome<void>> {
  const named = { kind: "group", name: membership.group } as const;
  return changeNamed(store, workspaceId, named, actor, async (change, group) => {
    const user = await findNamed(change.db, "user", membership.user);
    return user.ok ? work(change, group, user.value) : user;
  });
}

export function listGroups(store: Store, workspaceId: string): Promise<GroupItem[]> {
  return store.inWorkspace(workspaceId, (db) => describeGroups(db));
}

async function describeGroups(db: Database, name?: string): Promise<GroupItem[]> {
  const { rows } = await db.execute<GroupItem & Record<string, unknown>>(sql`
    select s.name,
      array(select u.name from group_members m join users u on u.id = m.user_id
        where m.group_id = s.id order by 1) as members,
      array(select r.name from grants g join roles r on r.id = g.role_id
        where g.group_id = s.id
          and (g.expires_at is null or g.expires_at > clock_timestamp()) order by 1) as roles
    from groups s where ${name ?? null}::text is null or s.name = ${name ?? null} order by s.name`);
  return rows;
}
