import { sql } from "drizzle-orm";
import type { Database, Store } from "../store/pool.ts";

/** Something done that is neither an invocation nor an execution: a bundle installed, a role granted. */
export interface AuditEvent {
  /** As `bundle.enabled`: what it was done to, and what was done. */
  kind: string;
  /** By which way: an adapter, `api`, `relay` or `system`. */
  method: string;
  /** The user who did it; absent where the program itself did. */
  actorId?: string | undefined;
  onBehalfOf?: string | undefined;
  relayId?: string | undefined;
  /** What it was done to, as `bundle:web` or `group:ops`. */
  object?: string | undefined;
  outcome?: string | undefined;
  /** Kept beside the event and erasable: names, what was before and what is after. */
  detail: Record<string, unknown>;
}

/** Appends the event in the transaction of the change that it tells of: both are kept, or neither. */
export async function appendEvent(
  db: Database,
  workspaceId: string,
  event: AuditEvent,
): Promise<void> {
  const { fields, detail } = columnsOf(event);
  await db.execute(sql`select append_event(${workspaceId}, ${fields}::jsonb, ${detail})`);
}

/** The same in a commit of its own, where nothing in the database changed with it. */
export async function recordEvent(
  store: Store,
  workspaceId: string,
  event: AuditEvent,
): Promise<void> {
  const { fields, detail } = columnsOf(event);
  await store.call("record_event", [workspaceId, fields, detail]);
}

function columnsOf(event: AuditEvent): { fields: string; detail: string } {
  const { kind, method, actorId, onBehalfOf, relayId, object, outcome, detail } = event;
  const fields = { kind, method, actor: actorId, onBehalfOf, relay: relayId, object, outcome };
  return { fields: JSON.stringify(fields), detail: JSON.stringify(detail) };
}
