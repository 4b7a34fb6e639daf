import { sql } from "drizzle-orm";
import { appendEvent } from "../audit/event.ts";
import type { Database, Store } from "../store/pool.ts";
import { findNamed, type Kind, type Named } from "./find-named.ts";
import { type Holdings, heldBy } from "./holdings.ts";
import { done, type Outcome, type Refusal, refused } from "./outcome.ts";
import type { SitePermission } from "./permissions.ts";

/** Who changes what others may do, and by which way: `api`, an adapter. */
export interface Actor {
  userId: string;
  method: string;
}

/** One change under way, in its own transaction, and alone in its workspace. */
export interface Change {
  db: Database;
  workspaceId: string;
  actor: Actor;
  /** What the actor holds at this moment. */
  held: Holdings;
}

/** What a change did, for the audit. */
export interface Recorded {
  kind: string;
  object: string;
  before: unknown;
  after: unknown;
}

/**
 * Makes one change to who may do what: all of it with its audit event, or nothing. Changes wait for
 * each other, so that what was checked still holds when they are committed; and none takes away the
 * last way in.
 */
export async function changeAccess<T>(
  store: Store,
  workspaceId: string,
  actor: Actor,
  work: (change: Change) => Promise<Outcome<T>>,
  needs: SitePermission = "site:access-manage",
): Promise<Outcome<T>> {
  try {
    return await store.inWorkspace(workspaceId, async (db) => {
      await db.execute(sql`select pg_advisory_xact_lock(hashtextextended(${workspaceId}, 1))`);
      const hadWayIn = await hasWayIn(db);
      const held = await heldByActor(db, actor);
      if (!held.has(needs)) throw new RolledBack(notPermitted(needs));
      const outcome = await work({ db, workspaceId, actor, held });
      if (!outcome.ok) throw new RolledBack(outcome);
      if (hadWayIn && !(await hasWayIn(db))) throw new RolledBack(NO_WAY_IN);
      return outcome;
    });
  } catch (error) {
    if (error instanceof RolledBack) return error.refusal;
    throw error;
  }
}

/** The same for one user, group or role, which must be there. */
export function changeNamed<T>(
  store: Store,
  workspaceId: string,
  { kind, name }: { kind: Kind; name: string },
  actor: Actor,
  work: (change: Change, found: Named) => Promise<Outcome<T>>,
): Promise<Outcome<T>> {
  return changeAccess(store, workspaceId, actor, async (change) => {
    const found = await findNamed(change.db, kind, name);
    return found.ok ? work(change, found.value) : found;
  });
}

/** Appends the audit event of a change that was made, and says that it was. */
export async function recorded<T>(change: Change, event: Recorded, value: T): Promise<Outcome<T>> {
  const { db, workspaceId, actor } = change;
  const { kind, object, before, after } = event;
  await appendEvent(db, workspaceId, {
    kind,
    method: actor.method,
    actorId: actor.userId,
    object,
    detail: { before, after },
  });
  return done(value);
}

function notPermitted(needs: SitePermission): Refusal {
  return refused("forbidden", `this needs the permission ${needs}`);
}

const NO_WAY_IN = refused(
  "conflict",
  "this would leave nobody who may manage access: give another active user a role with site:access-manage for good first",
);

/** Read anew: who was let in may have been suspended, or lost it, while others changed something. */
async function heldByActor(db: Database, { userId }: Actor): Promise<Holdings> {
  const { rows } = await db.execute(sql`
    select from users where id = ${userId} and state = 'active'`);
  return rows.length === 0 ? new Map() : heldBy(db, { userId });
}

/**
 * Whether an active user who can be recognised may manage access, and not only for a time. Of
 * accounts only those of the local console count: no other adapter listens yet, so that whoever
 * has another account alone cannot be heard. A token that expires is no way in for good.
 */
async function hasWayIn(db: Database): Promise<boolean> {
  const { rows } = await db.execute<{ found: boolean }>(sql`
    select exists (
      select from users u
      where u.state = 'active'
        and (exists (select from identities i where i.user_id = u.id
            and i.adapter = 'console' and i.installation = 'local')
          or exists (select from api_tokens t where t.user_id = u.id and t.expires_at is null))
        and exists (
          select from grants g join role_permissions p on p.role_id = g.role_id
          where p.permission = 'site:access-manage' and g.expires_at is null
            and (g.user_id = u.id or g.group_id in (
              select m.group_id from group_members m where m.user_id = u.id)))
    ) as found`);
  return rows[0]?.found ?? false;
}

/** Carries a refusal out of a transaction, which it undoes. */
class RolledBack extends Error {
  override readonly name = "RolledBack";
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    super(refusal.message);
    this.refusal = refusal;
  }
}
