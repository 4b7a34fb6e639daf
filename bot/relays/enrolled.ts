import { sql } from "drizzle-orm";
import { createBatch } from "../../relay/process/batch.ts";
import type { PublicJwk } from "../../relay/wire/keys.ts";
import { recordEvent } from "../audit/event.ts";
import type { Store } from "../store/pool.ts";
import { relays } from "../store/schema.ts";
import { listWorkspaces } from "../store/workspaces.ts";
import { isVouchedFor } from "./vouched.ts";

export interface EnrolledRelay {
  workspaceId: string;
  id: string;
  name: string;
  hostname: string;
  tags: Record<string, string>;
  signingKey: PublicJwk;
  /** Counts until then for results that it has signed. */
  previousSigningKey: PublicJwk | null;
  previousSigningKeyUntil: Date | null;
  /** The key before speaks only for what was permitted until then. */
  keysChangedAt: Date | null;
  state: "active" | "suspended" | "removed";
  /** Whether its administrators want it to take nothing more. */
  draining: boolean;
  /** The newest life that has proved itself. */
  epoch: string | null;
  /** Whether a bot has written its keys and tags; where not, it is asked nothing and not heard. */
  isGenuine: boolean;
}

/** The enrolled relays as committed rows. */
export interface RelayStore {
  list(): Promise<EnrolledRelay[]>;
  saveEpoch(relay: { workspaceId: string; id: string }, epoch: string): Promise<void>;
  /** Puts on record that its row is not what a bot has written. */
  reportForged(relay: { workspaceId: string; id: string; name: string }): Promise<void>;
}

/** The relays of all workspaces: a bot serves every one of them. */
async function listEnrolledRelays(store: Store, macKey: Buffer): Promise<EnrolledRelay[]> {
  const workspaces = await listWorkspaces(store);
  const found = await Promise.all(
    workspaces.map(({ id }) =>
      store.inWorkspace(id, (db) =>
        db
          .select({
            workspaceId: relays.workspaceId,
            id: relays.id,
            name: relays.name,
            hostname: relays.hostname,
            tags: relays.tags,
            signingKey: relays.signingKey,
            sealingKey: relays.sealingKey,
            previousSigningKey: relays.previousSigningKey,
            previousSigningKeyUntil: relays.previousSigningKeyUntil,
            keysChangedAt: relays.keysChangedAt,
            mac: relays.mac,
            state: relays.state,
            draining: relays.draining,
            epoch: relays.epoch,
          })
          .from(relays)
          .orderBy(relays.name),
      ),
    ),
  );
  return found.flat().map((row) => ({ ...row, isGenuine: isVouchedFor(macKey, row) }));
}

interface NewEpoch {
  workspaceId: string;
  id: string;
  epoch: string;
}

/** After a broker was away a thousand relays announce themselves at once: they share commits. */
const MOST_EPOCHS = 500;

/** The enrolled relays, read from and written to the database. */
export function sqlRelays(store: Store, macKey: Buffer): RelayStore {
  const epochs = createBatch({
    deliver: (items: readonly NewEpoch[]) => saveEpochs(store, items),
    most: MOST_EPOCHS,
    ways: 1,
  });
  return {
    list: () => listEnrolledRelays(store, macKey),
    async saveEpoch({ workspaceId, id }, epoch) {
      await epochs.send({ workspaceId, id, epoch });
    },
    reportForged: ({ workspaceId, id, name }) =>
      recordEvent(store, workspaceId, {
        kind: "relay.forged",
        method: "system",
        relayId: id,
        object: `relay:${name}`,
        detail: { name },
      }),
  };
}

async function saveEpochs(store: Store, items: readonly NewEpoch[]): Promise<true[]> {
  for (const workspaceId of new Set(items.map((item) => item.workspaceId))) {
    const own = items.filter((item) => item.workspaceId === workspaceId);
    const ids = sql.param(own.map(({ id }) => id));
    const names = sql.param(own.map(({ epoch }) => epoch));
    await store.inWorkspace(workspaceId, (db) =>
      db.execute(sql`update relays set epoch = proved.epoch
        from unnest(${ids}::uuid[], ${names}::text[]) as proved(id, epoch)
        where relays.id = proved.id`),
    );
  }
  return items.map(() => true);
}
