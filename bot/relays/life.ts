import { and, asc, eq, isNotNull, isNull, sql } from "drizzle-orm";
import type { Actor } from "../access/change.ts";
import { asItWas, done, type Outcome, refused } from "../access/outcome.ts";
import { appendEvent } from "../audit/event.ts";
import type { Database, Store } from "../store/pool.ts";
import { relays } from "../store/schema.ts";
import { listWorkspaces } from "../store/workspaces.ts";

/**
 * What can be made of a relay that has joined. Drained, it ends what it has and takes nothing more;
 * suspended, it stays connected and is asked nothing; both until it is resumed. Removed, it is
 * heard no more, and its name is free.
 */
export const RELAY_ACTIONS = ["drain", "suspend", "resume", "remove"] as const;
export type RelayAction = (typeof RELAY_ACTIONS)[number];

const BECOMES = {
  drain: { state: "active", draining: true, kind: "relay.drained" },
  suspend: { state: "suspended", draining: false, kind: "relay.suspended" },
  resume: { state: "active", draining: false, kind: "relay.resumed" },
  remove: { state: "removed", draining: false, kind: "relay.removed" },
} as const;

export interface ChangedRelay {
  name: string;
  /** Whether a NATS user of its own is known, which a server can be told to refuse. */
  hasNatsUser: boolean;
}

/** One change with its audit event, or neither. */
export async function changeRelay(
  store: Store,
  workspaceId: string,
  relayId: string,
  action: RelayAction,
  actor: Actor,
): Promise<Outcome<ChangedRelay>> {
  return store.inWorkspace(workspaceId, async (db) => {
    const [relay] = await db.select().from(relays).where(eq(relays.id, relayId)).for("update");
    if (!relay || relay.state === "removed") return refused("not-found", "there is no such relay");
    const { name } = relay;
    const changed = { name, hasNatsUser: relay.natsUser !== null };
    const { state, draining, kind } = BECOMES[action];
    if (relay.state === state && relay.draining === draining) return asItWas(changed);
    if (action === "drain" && relay.state !== "active") {
      return refused("conflict", `${name} is ${relay.state}: resume it first`);
    }
    const removedAt = state === "removed" ? sql`now()` : null;
    await db.update(relays).set({ state, draining, removedAt }).where(eq(relays.id, relayId));
    await appendEvent(db, workspaceId, {
      kind,
      method: actor.method,
      actorId: actor.userId,
      relayId,
      object: `relay:${name}`,
      detail: { name, before: wordFor(relay), after: wordFor({ state, draining }) },
    });
    return done(changed);
  });
}

/** The NATS users of removed relays, of all workspaces: one server serves them. */
export async function listRemovedUsers(store: Store): Promise<string[]> {
  const found = await eachWorkspace(store, (db) =>
    db
      .select({ natsUser: relays.natsUser })
      .from(relays)
      .where(and(eq(relays.state, "removed"), isNotNull(relays.natsUser)))
      .orderBy(asc(relays.removedAt)),
  );
  return found.flatMap(({ natsUser }) => natsUser ?? []);
}

/** Whether the NATS server has still to be told of a removal. */
export async function hasUntoldRemovals(store: Store): Promise<boolean> {
  const found = await eachWorkspace(store, (db) =>
    db
      .select({ id: relays.id })
      .from(relays)
      .where(and(isUntold(), eq(relays.state, "removed")))
      .limit(1),
  );
  return found.length > 0;
}

/** These users are now refused. */
export async function noteToldRemovals(store: Store, users: readonly string[]): Promise<void> {
  await eachWorkspace(store, (db) =>
    db
      .update(relays)
      .set({ natsRevokedAt: sql`now()` })
      .where(and(isUntold(), sql`${relays.natsUser} = any(${sql.param([...users])})`))
      .returning({ id: relays.id }),
  );
}

function isUntold() {
  return and(isNotNull(relays.natsUser), isNull(relays.natsRevokedAt));
}

async function eachWorkspace<T>(store: Store, work: (db: Database) => Promise<T[]>): Promise<T[]> {
  const workspaces = await listWorkspaces(store);
  const found = await Promise.all(workspaces.map(({ id }) => store.inWorkspace(id, work)));
  return found.flat();
}

function wordFor({ state, draining }: { state: string; draining: boolean }): string {
  return state === "active" && draining ? "draining" : state;
}
