import { eq } from "drizzle-orm";
import type { Store } from "../store/pool.ts";
import { auditDetails, auditEvents } from "../store/schema.ts";
import { appendEvent } from "./event.ts";

export type Erased = "erased" | "erased before" | "no such event" | "a reason";

const ERASING = "audit.detail-erased";

/**
 * Erases the detail of one event for good, and records who did so and why. The chain stays whole.
 * The reason of an erasing is not erased.
 */
export function eraseDetail(
  store: Store,
  workspaceId: string,
  eventId: string,
  by: { userId: string; method: string; reason: string },
): Promise<Erased> {
  return store.inWorkspace(workspaceId, async (db) => {
    const [event] = await db
      .select({ kind: auditEvents.kind })
      .from(auditEvents)
      .where(eq(auditEvents.id, eventId));
    if (!event) return "no such event";
    if (event.kind === ERASING) return "a reason";
    const erased = await db
      .delete(auditDetails)
      .where(eq(auditDetails.eventId, eventId))
      .returning({ id: auditDetails.eventId });
    if (erased.length === 0) return "erased before";
    await appendEvent(db, workspaceId, {
      kind: ERASING,
      method: by.method,
      actorId: by.userId,
      object: `event:${eventId}`,
      detail: { reason: by.reason },
    });
    return "erased";
  });
}
