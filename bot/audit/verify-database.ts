import { sql } from "drizzle-orm";
import type { Store } from "../store/pool.ts";
import { exportAudit, toNumber } from "./export.ts";
import type { Finding } from "./findings.ts";
import { eachLine } from "./lines-of.ts";
import { type AuditReport, MOST_FINDINGS, type VerifyOptions, verifyAudit } from "./verify.ts";

/**
 * The same checks on the database itself, and one more: that what queries see of an event, its
 * columns, is what its body says.
 */
export async function verifyDatabase(
  store: Store,
  workspaceId: string,
  options: VerifyOptions,
): Promise<AuditReport> {
  const report = await verifyAudit(eachLine(exportAudit(store, workspaceId, undefined)), options);
  const columns = await findChangedColumns(store, workspaceId);
  const [first] = columns;
  if (!first) return report;
  const findings = isBefore(report.finding, first)
    ? [...report.findings, ...columns]
    : [...columns, ...report.findings];
  const finding = findings[0] ?? null;
  return { ...report, whole: false, finding, findings: findings.slice(0, MOST_FINDINGS) };
}

function isBefore(one: Finding | null, other: Finding): boolean {
  if (one?.number == null || other.number === null) return one?.number != null;
  return one.number <= other.number;
}

interface Changed extends Record<string, unknown> {
  id: string;
  number: string | null;
  at: string | null;
}

/** Each column, as the text that stands in the body, and its key there. */
const COLUMNS = [
  ["at", "utc_text(a.at)", "at"],
  ["kind", "a.kind", "kind"],
  ["method", "a.method", "method"],
  ["actor_id", "a.actor_id::text", "actor"],
  ["on_behalf_of", "a.on_behalf_of::text", "onBehalfOf"],
  ["channel", "a.channel", "channel"],
  ["invocation_id", "a.invocation_id::text", "invocation"],
  ["execution_id", "a.execution_id::text", "execution"],
  ["attempt", "a.attempt::text", "attempt"],
  ["relay_id", "a.relay_id::text", "relay"],
  ["bundle", "a.bundle", "bundle"],
  ["bundle_version", "a.bundle_version", "version"],
  ["command", "a.command", "command"],
  ["image", "a.image", "image"],
  ["object", "a.object", "object"],
  ["outcome", "a.outcome", "outcome"],
  ["exit_code", "a.exit_code::text", "exitCode"],
  ["trace_id", "a.trace_id", "trace"],
  ["detail_digest", "encode(a.detail_digest, 'hex')", "detail"],
] as const;

/** The columns of `audit_events` that are checked against the body. */
export const CHECKED_COLUMNS: readonly string[] = COLUMNS.map(([name]) => name);

function findChangedColumns(store: Store, workspaceId: string): Promise<Finding[]> {
  const conditions = COLUMNS.map(([name, text, key]) => ({
    name,
    isOther: `${text} is distinct from a.body->>'${key}'`,
  }));
  const differs = conditions.map(({ isOther }) => isOther).join(" or ");
  const names = conditions.map(({ name, isOther }) => `case when ${isOther} then '${name}' end`);
  return store.inWorkspace(workspaceId, async (db) => {
    const { rows } = await db.execute<Changed & { columns: string }>(sql`
      select a.id, c.number, utc_text(a.at) as at,
        ${sql.raw(`concat_ws(', ', ${names.join(", ")})`)} as columns
      from audit_events a
        left join audit_chain c on c.workspace_id = a.workspace_id and c.event_id = a.id
      where a.workspace_id = ${workspaceId} and (${sql.raw(differs)})
      order by c.number nulls last, a.id limit ${MOST_FINDINGS}`);
    return rows.map(({ id: eventId, number, at, columns }) => ({
      what: "altered",
      number: number === null ? null : toNumber(number),
      eventId,
      at,
      message: `what queries see of it is not what its body says: ${columns}`,
    }));
  });
}
