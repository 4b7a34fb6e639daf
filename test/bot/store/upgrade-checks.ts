import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { z } from "zod";

export type Rows = Record<string, unknown>[];
/** Every row of every table, as JSON has it. */
export type Content = Record<string, Rows>;

/** Each role of a group is a grant now; grants that were made as such are as they were. */
export function checkGrants(before: Content, after: Content): void {
  const pairs = (rows: Rows = []) =>
    rows
      .map((row) =>
        [
          row.workspace_id,
          row.group_id,
          row.user_id ?? null,
          row.role_id,
          row.expires_at ?? null,
        ].join(),
      )
      .sort();

  assert.deepEqual(
    pairs(after.grants),
    pairs([...(before.group_roles ?? []), ...(before.grants ?? [])]),
  );
  assert.ok((after.grants ?? []).length > 0);
}

/** Whatever has started has its attempt, which has ended as it has. */
export function checkAttempts(after: Content): void {
  const started = (after.executions ?? []).filter(({ started_at }) => started_at !== null);
  const expected = started.map((e) =>
    [
      e.workspace_id,
      e.id,
      e.attempt,
      e.relay_id,
      e.epoch,
      e.ended_at,
      e.ended_at && e.state,
    ].join(),
  );
  const found = (after.attempts ?? []).map((a) =>
    [a.workspace_id, a.execution_id, a.attempt, a.relay_id, a.epoch, a.ended_at, a.outcome].join(),
  );

  assert.deepEqual(found.sort(), expected.sort());
  assert.ok(found.length >= 8);
}

/** An event says what it said, under an id that sorts by its time; its detail still fits it. */
export function checkEvents(before: Content, after: Content): void {
  const events = after.audit_events ?? [];
  const columns = Object.keys(before.audit_events?.[0] ?? {}).filter((column) => column !== "id");
  const said = (rows: Rows = []) =>
    rows.map((row) => JSON.stringify(columns.map((column) => row[column]))).sort();
  assert.deepEqual(said(events), said(before.audit_events));

  for (const event of events) checkBody(event);
  for (const workspace of new Set(events.map(({ workspace_id }) => workspace_id))) {
    const own = events.filter((event) => event.workspace_id === workspace);
    const inOrderOfId = [...own].sort((a, b) => (String(a.id) < String(b.id) ? -1 : 1));
    const times = inOrderOfId.map(({ at }) => new Date(String(at)).getTime());
    assert.deepEqual(
      times,
      times.toSorted((a, b) => a - b),
    );
  }
  checkDetails(before, after);
  const unlinked = (after.audit_unlinked ?? []).map(({ event_id }) => event_id).sort();
  assert.deepEqual(unlinked, events.map(({ id }) => id).sort());
  assert.deepEqual([after.audit_chain, after.audit_heads], [[], []]);
}

const BODY_FIELDS: Readonly<Record<string, string>> = {
  kind: "kind",
  method: "method",
  actor: "actor_id",
  channel: "channel",
  invocation: "invocation_id",
  execution: "execution_id",
  attempt: "attempt",
  relay: "relay_id",
  bundle: "bundle",
  version: "bundle_version",
  command: "command",
  outcome: "outcome",
  exitCode: "exit_code",
  workspace: "workspace_id",
  id: "id",
};

function checkBody(event: Record<string, unknown>): void {
  const body = z.record(z.string(), z.unknown()).parse(event.body);
  for (const [field, column] of Object.entries(BODY_FIELDS)) {
    assert.deepEqual(body[field] ?? null, event[column], field);
  }
  assert.equal(new Date(String(body.at)).getTime(), new Date(String(event.at)).getTime());
  assert.equal(`\\x${body.detail}`, event.detail_digest);
}

function checkDetails(before: Content, after: Content): void {
  const events = new Map(
    (after.audit_events ?? []).map((event) => [`${event.workspace_id} ${event.id}`, event]),
  );
  for (const { workspace_id, event_id, salt, detail } of after.audit_details ?? []) {
    const event = events.get(`${workspace_id} ${event_id}`);
    const salted = Buffer.concat([
      Buffer.from(String(salt).slice(2), "hex"),
      Buffer.from(String(detail)),
    ]);
    const digest = createHash("sha256").update(salted).digest("hex");
    assert.equal(event?.detail_digest, `\\x${digest}`);
  }
  const texts = (rows: Rows = []) =>
    rows.map(({ workspace_id, detail }) => `${workspace_id} ${detail}`).sort();
  assert.deepEqual(texts(after.audit_details), texts(before.audit_details));
}
