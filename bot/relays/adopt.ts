import { and, eq, isNull, sql } from "drizzle-orm";
import { thumbprint } from "../../relay/wire/keys.ts";
import { appendEvent } from "../audit/event.ts";
import type { Database, Store } from "../store/pool.ts";
import { relays, workspaces } from "../store/schema.ts";
import { OVERLAP_MS } from "./rotate.ts";
import { macOfRelay } from "./vouched.ts";

/**
 * Vouches for the relays that joined before rows were vouched for: once for each workspace, on
 * record, and never again, which the database sees to. It believes what stands there.
 */
export function adoptRelays(store: Store, macKey: Buffer, workspaceId: string): Promise<void> {
  return store.inWorkspace(workspaceId, async (db) => {
    const isFirst = await db
      .update(workspaces)
      .set({ relaysAdoptedAt: sql`now()` })
      .where(and(eq(workspaces.id, workspaceId), isNull(workspaces.relaysAdoptedAt)))
      .returning({ id: workspaces.id });
    if (isFirst.length === 0) return;
    const found = await db.select().from(relays).where(isNull(relays.mac)).orderBy(relays.name);
    for (const relay of found) await adopt(db, macKey, relay);
    if (found.length === 0) return;
    await appendEvent(db, workspaceId, {
      kind: "relay.rows-adopted",
      method: "system",
      detail: { relays: found.map(wordsOf) },
    });
  });
}

type Row = typeof relays.$inferSelect;

async function adopt(db: Database, macKey: Buffer, relay: Row): Promise<void> {
  const { previousSigningKeyUntil: until } = relay;
  const keysChangedAt = until && new Date(until.getTime() - OVERLAP_MS);
  // As the database will give it back.
  const mac = macOfRelay(macKey, { ...relay, keysChangedAt });
  await db.update(relays).set({ mac, keysChangedAt }).where(eq(relays.id, relay.id));
}

/** So that a person can compare it with what the relays' hosts show. */
function wordsOf({ id, name, tags, signingKey }: Row) {
  return { id, name, tags, signingKid: thumbprint(signingKey) };
}
