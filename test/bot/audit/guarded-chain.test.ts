import assert from "node:assert/strict";
import { Writable } from "node:stream";
import pg from "pg";
import { describe, onTestFinished, test } from "vitest";
import { type Sequencer, startSequencer } from "../../../bot/audit/sequencer.ts";
import { createLogger } from "../../../relay/process/logger.ts";
import { signAuditHead } from "../../../relay/wire/audit-head.ts";
import { generateKeyPem, readSigningKey } from "../../../relay/wire/keys.ts";
import { waitFor } from "../../support/wait.ts";
import { REHASH, startTestAudit, type TestAudit } from "./audit-fixture.ts";

const BROKEN = /"level":"error".*the audit chain is not the one that was signed/;
const EVENT = (number: number) => `(select event_id from audit_chain where number = ${number})`;
const ALTER = `update audit_events set body = replace(body::text, 'test.5', 'test.X')::json
  where id = ${EVENT(5)}`;
const CUT = [
  "delete from audit_details where event_id in (select event_id from audit_chain where number > 7)",
  "delete from audit_events where id in (select event_id from audit_chain where number > 7)",
  "delete from audit_chain where number > 7",
];

interface Watched {
  sequencer: Sequencer;
  logged(): string;
}

function start({ store, key, authority }: TestAudit): Watched {
  let text = "";
  const destination = new Writable({
    write(chunk, _encoding, done) {
      text += String(chunk);
      done();
    },
  });
  const log = createLogger({ level: "debug", destination });
  const sequencer = startSequencer({ store, key, authority, botId: "test", intervalMs: 10, log });
  onTestFinished(() => sequencer.stop());
  return { sequencer, logged: () => text };
}

async function ownerOf(audit: TestAudit, url = audit.ownerUrl): Promise<pg.Client> {
  const client = new pg.Client(url);
  await client.connect();
  onTestFinished(() => client.end());
  return client;
}

async function numberOf(owner: pg.Client, table: string): Promise<number> {
  const { rows } = await owner.query(`select coalesce(max(number), 0)::float8 as n from ${table}`);
  return rows[0].n;
}

async function untilLinked(owner: pg.Client): Promise<void> {
  await waitFor(async () => {
    const { rowCount } = await owner.query("select from audit_unlinked");
    return rowCount === 0;
  });
}

async function signedTo(owner: pg.Client, number: number): Promise<void> {
  await untilLinked(owner);
  await waitFor(async () => (await numberOf(owner, "audit_heads")) === number, {
    what: `head ${number} to be signed`,
  });
}

describe("a bot signs no more on a chain that is not the one that was signed", () => {
  const hidden: [string, string[]][] = [
    ["rewritten, with the stored head removed", [ALTER, REHASH(5), "delete from audit_heads"]],
  ];
  const attacks: [string, string[]][] = [
    ["rewritten as a whole", [ALTER, REHASH(5)]],
    ["cut", CUT],
  ];

  test.each([...attacks, ...hidden])("%s, while it runs", async (_, attack) => {
    const audit = await startTestAudit();
    const owner = await ownerOf(audit);
    await audit.append(10);
    const { sequencer, logged } = start(audit);
    await signedTo(owner, 10);
    await waitFor(() => sequencer.headOf(audit.workspaceId));
    const signed = sequencer.headOf(audit.workspaceId);

    for (const text of attack) await audit.tamper(text);
    await waitFor(() => BROKEN.test(logged()));
    await audit.append(5);
    await untilLinked(owner);
    await sequencer.stop();

    assert.equal(sequencer.headOf(audit.workspaceId), signed);
    assert.ok([0, 10].includes(await numberOf(owner, "audit_heads")));
    assert.equal(
      logged()
        .split("\n")
        .filter((line) => BROKEN.test(line)).length,
      1,
    );
    const events = await owner.query("select from audit_events where kind = 'audit.chain-broken'");
    assert.equal(events.rowCount, 1);
  });

  test.each(attacks)("%s, while no bot ran", async (_, attack) => {
    const audit = await startTestAudit();
    const owner = await ownerOf(audit);
    await audit.append(10);
    await audit.link();

    for (const text of attack) await audit.tamper(text);
    await audit.append(5);
    const { logged } = start(audit);
    await waitFor(() => BROKEN.test(logged()));
    await untilLinked(owner);

    assert.equal(await numberOf(owner, "audit_heads"), 10);
  });

  test("nor on one with a link that stands on none", async () => {
    const audit = await startTestAudit();
    const owner = await ownerOf(audit);
    await audit.append(3);
    await audit.link();
    await audit.tamper(`insert into audit_chain select workspace_id, 9223372036854775807,
      gen_random_uuid(), hash from audit_chain where number = 3`);

    await audit.append(1);
    const { logged } = start(audit);
    await waitFor(() => BROKEN.test(logged()));
    const report = await audit.verify();
    const inDatabase = await audit.verifyDatabase();

    assert.equal(await numberOf(owner, "audit_heads"), 3);
    for (const { whole, finding } of [report, inDatabase]) {
      assert.deepEqual([whole, finding?.what], [false, "missing"]);
    }
  });
});

describe("a bot goes on", () => {
  const disturbances: [string, string][] = [
    [
      "an event queued that is linked already",
      "insert into audit_unlinked select workspace_id, event_id from audit_chain where number = 2",
    ],
    [
      "a lease that ends in twenty days",
      `insert into leases (name, owner, expires_at, number)
        select 'audit-chain ' || id, 'nobody', now() + interval '20 days', 9223372036854775807
        from workspaces on conflict (name) do update set owner = excluded.owner,
          expires_at = excluded.expires_at, number = excluded.number`,
    ],
    ["a head with a number beyond the chain", "update audit_heads set number = 1000000000000000"],
    ["a head that is none", "update audit_heads set jws = 'x'"],
  ];

  test.each(disturbances)("over %s", async (_, disturbance) => {
    const audit = await startTestAudit();
    const owner = await ownerOf(audit);
    await audit.append(3);
    await audit.link();
    await audit.tamper(disturbance);

    await audit.append(1);
    const { sequencer } = start(audit);
    await signedTo(owner, 4);

    const { jws } = await audit.keptHead();
    assert.equal(sequencer.headOf(audit.workspaceId), jws);
    assert.deepEqual((await audit.verify()).findings, []);
  });

  test("with a stored head that is none, though no event follows", async () => {
    const audit = await startTestAudit();
    await audit.append(3);
    await audit.link();
    const before = await audit.keptHead();
    await audit.tamper("update audit_heads set jws = 'x'");

    const { sequencer } = start(audit);
    await waitFor(async () => (await audit.keptHead()).jws.length > 100);

    assert.notEqual(before.jws, "x");
    assert.notEqual(sequencer.headOf(audit.workspaceId), "x");
    assert.equal((await audit.verify()).whole, true);
  });

  test("from a head that another listed bot has signed, not from a stranger's", async () => {
    const audit = await startTestAudit();
    const owner = await ownerOf(audit);
    await audit.append(3);
    await audit.link();
    const other = readSigningKey(generateKeyPem("ed25519"));
    const stranger = readSigningKey(generateKeyPem("ed25519"));
    await audit.listKey(other);
    const { rows } = await owner.query(
      "select encode(hash, 'hex') as hash from audit_chain where number = 3",
    );
    const head = { workspace: audit.workspaceId, number: 3, hash: String(rows[0].hash) };
    const at = new Date().toISOString();
    const byOther = await signAuditHead(other, { ...head, at });
    const byStranger = await signAuditHead(stranger, { ...head, at });

    await audit.tamper("update audit_heads set jws = $1", [byOther]);
    const first = start(audit).sequencer;
    await waitFor(() => first.headOf(audit.workspaceId));
    await first.stop();
    await audit.tamper("update audit_heads set jws = $1", [byStranger]);
    const second = start(audit).sequencer;
    await waitFor(() => second.headOf(audit.workspaceId));

    assert.equal(first.headOf(audit.workspaceId), byOther);
    assert.notEqual(second.headOf(audit.workspaceId), byStranger);
  });

  test("past an event that somebody holds locked, and stops meanwhile", async () => {
    const audit = await startTestAudit();
    const owner = await ownerOf(audit);
    await audit.append(3);
    await owner.query("begin");
    await owner.query("select from audit_unlinked order by event_id limit 1 for update");

    const { sequencer } = start(audit);
    const other = await ownerOf(audit);
    await waitFor(async () => (await numberOf(other, "audit_heads")) === 2);
    await sequencer.stop();
    await owner.query("rollback");

    assert.equal((await other.query("select from audit_unlinked")).rowCount, 1);
  });

  test("stopping, while somebody holds the lease's row locked", async () => {
    const audit = await startTestAudit();
    await audit.append(3);
    await audit.link();
    const app = await ownerOf(audit, audit.url);
    await app.query("begin");
    await app.query("select from leases for update");
    await audit.append(1);

    const { sequencer, logged } = start(audit);
    await waitFor(() => /lock timeout/.test(logged()), { timeoutMs: 10_000 });
    await sequencer.stop();
    await app.query("rollback");

    assert.match(logged(), /"level":"warn".*audit events were not linked/);
  });
});
