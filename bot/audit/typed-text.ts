import { and, eq } from "drizzle-orm";
import { z } from "zod";
import type { Store } from "../store/pool.ts";
import { auditDetails, auditEvents } from "../store/schema.ts";

const Detail = z.object({ text: z.string() });

/** What was typed, as it is on record; undefined where its detail was erased. */
export async function readTypedText(
  store: Store,
  workspaceId: string,
  invocationId: string,
): Promise<string | undefined> {
  const [found] = await store.inWorkspace(workspaceId, (db) =>
    db
      .select({ detail: auditDetails.detail })
      .from(auditEvents)
      .innerJoin(auditDetails, eq(auditDetails.eventId, auditEvents.id))
      .where(
        and(
          eq(auditEvents.invocationId, invocationId),
          eq(auditEvents.kind, "invocation.requested"),
        ),
      ),
  );
  return found && Detail.safeParse(JSON.parse(found.detail)).data?.text;
}
