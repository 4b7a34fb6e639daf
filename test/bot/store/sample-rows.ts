import { createHash } from "node:crypto";
import type pg from "pg";

export type Row = Readonly<Record<string, unknown>>;

/** An id that is the same for the same seed, in whichever workspace it is used. */
export function idOf(seed: string, name: string): string {
  const hex = createHash("sha256").update(`${seed} ${name}`).digest("hex");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*/, "$1-$2-$3-$4-$5");
}

/**
 * One valid row for each table that has a workspace, in the order of their foreign keys. All that
 * tells one set from another, the workspace apart, comes from the seed.
 */
export function sampleRows(workspace_id: string, seed: string): Readonly<Record<string, Row>> {
  const id = (name: string) => idOf(seed, name);
  const bytes = (name: string) => createHash("sha256").update(id(name)).digest();
  const name = id("name");
  const key = { workspace_id };
  const ofUser = { ...key, user_id: id("user") };
  const ofExecution = { ...key, execution_id: id("execution"), attempt: 1 };
  const audited = { ...key, event_id: id("event") };
  return {
    users: { ...key, id: id("user"), name },
    identities: { ...ofUser, adapter: "console", installation: "local", provider_user: name },
    groups: { ...key, id: id("group"), name },
    group_members: { ...ofUser, group_id: id("group") },
    roles: { ...key, id: id("role"), name },
    role_permissions: { ...key, role_id: id("role"), permission: name },
    grants: { ...ofUser, id: id("grant"), role_id: id("role") },
    site_permissions: { ...key, name: `site:a${id("permission")}` },
    operator_rules: { ...key, id: id("rule"), bundle: name, command: "c", rule: "allow" },
    api_tokens: { ...ofUser, hash: bytes("token"), name },
    bundles: { ...key, id: id("bundle"), name, version: "1.0.0", digest: "", source: "" },
    relays: { ...key, id: id("relay"), name, hostname: "", signing_key: "{}", sealing_key: "{}" },
    relay_policies: { ...key, bundle: name, selector: "a=b" },
    join_tokens: { ...key, hash: bytes("join"), name, expires_at: new Date(0) },
    invocations: { ...key, id: id("invocation"), ...said(seed) },
    executions: {
      ...key,
      id: id("execution"),
      invocation_id: id("invocation"),
      state: "offered",
      spec: JSON.stringify({ executionId: id("execution") }),
      mac: bytes("mac"),
      relay_id: id("relay"),
      epoch: "e",
      bot_id: "b",
      offer_timeout_ms: 1,
      queue_timeout_ms: 1,
      lost_after_ms: 1,
    },
    attempts: { ...ofExecution, relay_id: id("relay"), epoch: "e" },
    results: { ...ofExecution, jws: "", output_length: 0, output_digest: "", output_cut: false },
    outputs: { ...ofExecution, start_offset: 0, frames: bytes("frames") },
    audit_events: { ...key, id: id("event"), ...event(workspace_id, id("event")) },
    audit_details: { ...audited, salt: bytes("salt"), detail: "{}" },
    audit_unlinked: audited,
    audit_chain: { ...audited, number: 1, hash: bytes("link") },
    audit_heads: { ...key, number: 1, hash: bytes("link"), jws: name },
    outbox: { ...key, id: id("outbox"), topic: name, payload: "{}" },
  };
}

function said(seed: string): Row {
  return {
    adapter: "console",
    installation: "local",
    channel: "c",
    message_id: idOf(seed, "message"),
    provider_user: "p",
    decision: "allow",
  };
}

function event(workspace: string, id: string): Row {
  const said = { at: "2026-01-01T00:00:00.000000Z", kind: "t", method: "system" };
  const body = JSON.stringify({ v: 1, workspace, id, ...said, detail: "00" });
  return { ...said, body, detail_digest: Buffer.alloc(1) };
}

export function insertRow(client: pg.Client, table: string, row: Row): Promise<pg.QueryResult> {
  const columns = Object.keys(row).join(", ");
  const places = Object.keys(row).map((_, index) => `$${index + 1}`);
  return client.query(
    `insert into ${table} (${columns}) values (${places.join(", ")})`,
    Object.values(row),
  );
}

export async function insertAll(
  client: pg.Client,
  rows: Readonly<Record<string, Row>>,
): Promise<void> {
  for (const [table, row] of Object.entries(rows)) await insertRow(client, table, row);
}
