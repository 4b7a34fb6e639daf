import assert from "node:assert/strict";
import pg from "pg";
import { onTestFinished, test } from "vitest";
import { CHECKED_COLUMNS } from "../../../bot/audit/verify-database.ts";
import { startTestAudit, type TestAudit } from "./audit-fixture.ts";

async function linkedAudit(): Promise<TestAudit> {
  const audit = await startTestAudit();
  await audit.append(3);
  await audit.link();
  return audit;
}

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client(url);
  await client.connect();
  onTestFinished(() => client.end());
  return client;
}

const ATTACKS = [
  "update audit_events set body = body",
  "delete from audit_events",
  "truncate audit_events cascade",
  "update audit_chain set hash = hash",
  "delete from audit_chain",
  "truncate audit_chain",
  "update audit_details set detail = '{}'",
  "truncate audit_details",
  "delete from audit_heads",
];

test.each(ATTACKS)("the bot's own login may not %s", async (attack) => {
  const audit = await linkedAudit();
  const app = await connect(audit.url);
  await app.query("select set_config('aldis.workspace', $1, false)", [audit.workspaceId]);

  await assert.rejects(app.query(attack), /permission denied|append-only/);
  await app.query("select from audit_events");

  // With the defence taken away the same statement does harm.
  await audit.tamper(attack);
});

test("not even their owner changes events and links while the triggers stand", async () => {
  const audit = await linkedAudit();
  const owner = await connect(audit.ownerUrl);

  for (const attack of ATTACKS.slice(0, 6)) {
    await assert.rejects(owner.query(attack), /append-only/, attack);
  }
  assert.equal((await audit.verify()).whole, true);
});

test("a column that was changed beside its body is found", async () => {
  const audit = await linkedAudit();
  const before = await audit.verifyDatabase();
  await audit.tamper("update audit_events set kind = 'test.other' where kind = 'test.2'");

  const { whole, finding } = await audit.verifyDatabase();

  assert.equal(before.whole, true);
  assert.deepEqual([whole, finding?.what, finding?.number], [false, "altered", 2]);
  assert.match(finding?.message ?? "", /what its body says: kind$/);
  assert.equal((await audit.verify()).whole, true);
});

test("every column beside the body is compared with it", async () => {
  const audit = await startTestAudit();
  const owner = await connect(audit.ownerUrl);

  const { rows } = await owner.query<{ name: string }>(`select attname as name from pg_attribute
    where attrelid = 'audit_events'::regclass and attnum > 0 and not attisdropped
      and attname not in ('workspace_id', 'id', 'body')`);

  assert.deepEqual(rows.map(({ name }) => name).sort(), [...CHECKED_COLUMNS].sort());
});
