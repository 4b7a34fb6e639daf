import { eq } from "drizzle-orm";
import type { PublicJwk } from "../../relay/wire/keys.ts";
import type { Store } from "../store/pool.ts";
import { relays } from "../store/schema.ts";
import { listWorkspaces } from "../store/workspaces.ts";

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
  state: "active" | "suspended" | "removed";
  /** Whether its administrators want it to take nothing more. */
  draining: boolean;
  /** The newest life that has proved itself. */
  epoch: string | null;
}

/** The relays of all workspaces: a bot serves every one of them. */
export async function listEnrolledRelays(store: Store): Promise<EnrolledRelay[]> {
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
            previousSigningKey: relays.previousSigningKey,
            previousSigningKeyUntil: relays.previousSigningKeyUntil,
            state: relays.state,
            draining: relays.draining,
            epoch: relays.epoch,
          })
          .from(relays)
          .orderBy(relays.name),
      ),
    ),
  );
  return found.flat();
}

export async function saveEpoch(
  store: Store,
  relay: { workspaceId: string; id: string },
  epoch: string,
): Promise<void> {
  await store.inWorkspace(relay.workspaceId, (db) =>
    db.update(relays).set({ epoch }).where(eq(relays.id, relay.id)),
  );
}
