import { eq } from "drizzle-orm";
import type { Store } from "../store/pool.ts";
import { auditDetails, auditEvents } from "../store/schema.ts";
import { appendEvent } from "./event.ts";

export type Erased = "erased" | "erased before" | "no such event";

/** Erases the detail of one event for good, and records who did so and why. The chain stays whole. */
export function eraseDetail(
  store: Store,
  workspaceId: string,
  eventId: string,
  by: { userId: string; method: string; reason: string },
): Promise<Erased> {
  return store.inWorkspace(workspaceId, async (db) => {
    const erased = await db
      .delete(auditDetails)
      .where(eq(auditDetails.eventId, eventId))
      .returning({ id: auditDetails.eventId });
    if (erased.length === 0) {
      const found = await db
        .select({ id: auditEvents.id })
        .from(auditEvents)
        .where(eq(auditEvents.id, eventId));
      return found.length > 0 ? "erased before" : "no such event";
    }
    await appendEvent(db, workspaceId, {
      kind: "audit.detail-erased",
      method: by.method,
      actorId: by.userId,
      object: `event:${eventId}`,
      detail: { reason: by.reason },
    });
    return "erased";
  });
}
