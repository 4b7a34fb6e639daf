import { eq, isNull } from "drizzle-orm";
import { macOfRelay } from "../../bot/relays/vouched.ts";
import type { Store } from "../../bot/store/pool.ts";
import { relays } from "../../bot/store/schema.ts";

type Row = typeof relays.$inferSelect;

interface Vouching {
  store: Store;
  macKey: Buffer;
}

/** Changes a relay's row as a bot does it: what it holds then is vouched for. */
export function changeEnrolled(
  { store, macKey }: Vouching,
  { workspaceId, id }: { workspaceId: string; id: string },
  change: Partial<Row>,
): Promise<void> {
  return store.inWorkspace(workspaceId, async (db) => {
    const [row] = await db.select().from(relays).where(eq(relays.id, id));
    if (!row) throw new Error(`there is no relay ${id}`);
    const mac = macOfRelay(macKey, { ...row, ...change });
    await db
      .update(relays)
      .set({ ...change, mac })
      .where(eq(relays.id, id));
  });
}

/** Vouches for all relays that a test has written by hand. */
export function vouchForAll({ store, macKey }: Vouching, workspaceId: string): Promise<void> {
  return store.inWorkspace(workspaceId, async (db) => {
    for (const row of await db.select().from(relays).where(isNull(relays.mac))) {
      const mac = macOfRelay(macKey, row);
      await db.update(relays).set({ mac }).where(eq(relays.id, row.id));
    }
  });
}
