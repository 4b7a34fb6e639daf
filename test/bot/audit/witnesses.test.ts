import assert from "node:assert/strict";
import { test } from "vitest";
import { exportAudit } from "../../../bot/audit/export.ts";
import { eachLine } from "../../../bot/audit/lines-of.ts";
import { verifyAudit } from "../../../bot/audit/verify.ts";
import { signAuditHead } from "../../../relay/wire/audit-head.ts";
import { uuidv7 } from "../../../relay/wire/ids.ts";
import { startTestAudit, type TestAudit } from "./audit-fixture.ts";

async function linkedAudit(count = 8): Promise<TestAudit> {
  const audit = await startTestAudit();
  await audit.append(count);
  await audit.link();
  return audit;
}

function since({ store, workspaceId }: TestAudit, moment: Date): AsyncGenerator<string> {
  return eachLine(exportAudit(store, workspaceId, moment));
}

const LATER = new Date(Date.now() + 86_400_000);
const CHANGE = (number: number) => `update audit_events
  set body = replace(body::text, 'test.${number}', 'test.X')::json
  where id = (select event_id from audit_chain where number = ${number})`;

test("heads of which none is of the export's workspace are a finding", async () => {
  const audit = await linkedAudit();
  const mine = await audit.keptHead();
  const at = new Date().toISOString();
  const foreign = { workspace: uuidv7(), number: 3, hash: "0".repeat(64), at };
  const other = { from: "relay edge-2 has kept", jws: await signAuditHead(audit.key, foreign) };

  const both = await audit.verify([mine, other]);
  const alone = await audit.verify([other]);

  assert.deepEqual([both.whole, both.headsChecked], [true, 1]);
  assert.deepEqual([alone.whole, alone.finding?.what], [false, "unwitnessed"]);
  assert.match(alone.finding?.message ?? "", /of another workspace/);
});

test("heads from before an export begins are a finding", async () => {
  const audit = await linkedAudit(1);
  const older = await audit.keptHead();
  await audit.append(3);
  await audit.link();
  const lines: string[] = [];
  for await (const line of since(audit, LATER)) lines.push(line);
  const source = async function* () {
    yield lines.map((line) => `${line}\n`).join("");
  };

  const report = await verifyAudit(eachLine(source()), { heads: [older] });

  assert.deepEqual(
    report.findings.map(({ what }) => what),
    ["unwitnessed", "empty"],
  );
});

test("an export in which nothing is to be checked is no proof, unless the chain is empty", async () => {
  const audit = await linkedAudit();
  const empty = await startTestAudit();

  const nothing = await verifyAudit(since(audit, LATER), { heads: [] });
  const unwritten = await verifyAudit(since(empty, LATER), { heads: [] });

  assert.deepEqual([nothing.whole, nothing.finding?.what], [false, "empty"]);
  assert.deepEqual([unwritten.whole, unwritten.links], [true, 0]);
});

test("one alteration does not hide another", async () => {
  const audit = await linkedAudit();
  await audit.tamper(`update audit_events set body = '[]'
    where id = (select event_id from audit_chain where number = 2)`);
  for (const number of [3, 6]) await audit.tamper(CHANGE(number));

  const exported = await audit.verify();
  const database = await audit.verifyDatabase();

  for (const { finding, findings } of [exported, database]) {
    assert.deepEqual([finding?.what, finding?.number], ["altered", 2]);
    const numbers = findings.map(({ number }) => number);
    assert.deepEqual([...new Set(numbers)], [2, 3, 6]);
  }
  assert.equal(exported.links, 1);
});

test("at most ten findings are reported", async () => {
  const audit = await linkedAudit(15);
  await audit.tamper("update audit_events set body = replace(body::text, 'test.', 'text.')::json");

  const { findings, finding } = await audit.verify();
  const database = await audit.verifyDatabase();

  assert.deepEqual([findings.length, database.findings.length], [10, 10]);
  assert.equal(finding?.number, 1);
});
