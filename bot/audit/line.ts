/** One line of the audit as people read it. */
export interface AuditLine {
  /** Of the event; for an invocation, of its request. */
  id: string;
  at: string;
  kind: string;
  /** By which way: an adapter, `api`, `relay` or `system`. */
  adapter: string;
  channel: string | null;
  userId: string | null;
  user: string | null;
  email: string | null;
  onBehalfOf: string | null;
  invocation: string | null;
  /** As typed; null where nothing was typed, or the detail was erased. */
  text: string | null;
  command: string | null;
  version: string | null;
  outcome: string | null;
  exitCode: number | null;
  image: string | null;
  relayId: string | null;
  relay: string | null;
  execution: string | null;
  attempt: number | null;
  /** From the request to the end of an invocation. */
  durationMs: number | null;
  /** What an administrative event is about, as `group:ops`. */
  object: string | null;
  trace: string | null;
  isErased: boolean;
  detail: unknown;
}

export interface LineRow extends Record<string, unknown> {
  id: string;
  at: string;
  kind: string;
  method: string;
  actor_id: string | null;
  user_name: string | null;
  email: string | null;
  on_behalf_of: string | null;
  channel: string | null;
  invocation_id: string | null;
  bundle: string | null;
  bundle_version: string | null;
  command: string | null;
  outcome: string | null;
  exit_code: number | null;
  image: string | null;
  relay_id: string | null;
  relay_name: string | null;
  execution_id: string | null;
  attempt: number | null;
  duration_ms: number | null;
  object: string | null;
  trace_id: string | null;
  detail: string | null;
}

export function lineOf(row: LineRow): AuditLine {
  const detail = parseDetail(row.detail);
  const typed = row.kind === "invocation.requested" ? detail : null;
  return {
    id: row.id,
    at: row.at,
    kind: row.kind,
    adapter: row.method,
    channel: row.channel,
    userId: row.actor_id,
    // Since then the user may have gone, or been given another name.
    user: textIn(typed, "user") ?? row.user_name,
    email: row.email,
    onBehalfOf: row.on_behalf_of,
    invocation: row.invocation_id,
    text: textIn(typed, "text"),
    command: row.bundle === null ? null : `${row.bundle}:${row.command ?? ""}`,
    version: row.bundle_version,
    outcome: row.outcome,
    exitCode: row.exit_code,
    image: row.image,
    relayId: row.relay_id,
    relay: row.relay_name,
    execution: row.execution_id,
    attempt: row.attempt,
    durationMs: row.duration_ms === null ? null : Math.round(row.duration_ms),
    object: row.object,
    trace: row.trace_id,
    isErased: row.detail === null,
    detail,
  };
}

function parseDetail(detail: string | null): unknown {
  if (detail === null) return null;
  try {
    return JSON.parse(detail);
  } catch {
    return detail;
  }
}

function textIn(detail: unknown, name: string): string | null {
  if (typeof detail !== "object" || detail === null) return null;
  const value = new Map(Object.entries(detail)).get(name);
  return typeof value === "string" ? value : null;
}
