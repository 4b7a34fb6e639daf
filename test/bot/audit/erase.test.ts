import assert from "node:assert/strict";
import { test } from "vitest";
import { eraseDetail } from "../../../bot/audit/erase.ts";
import { readAuditPage } from "../../../bot/audit/read.ts";
import { uuidv7 } from "../../../relay/wire/ids.ts";
import { startTestAudit } from "./audit-fixture.ts";

const by = { userId: uuidv7(), method: "test", reason: "a password was typed" };

test("erasing a detail breaks nothing, and says who did it and why", async () => {
  const audit = await startTestAudit();
  await audit.append(3);
  await audit.link();
  const { store, workspaceId } = audit;
  const before = await readAuditPage(store, workspaceId, { kind: "test.2" }, { limit: 1 });
  const id = before.lines[0]?.id ?? "";

  const outcome = await eraseDetail(store, workspaceId, id, by);
  const again = await eraseDetail(store, workspaceId, id, by);
  const other = await eraseDetail(store, workspaceId, uuidv7(), by);
  await audit.link();
  const report = await audit.verify();
  const { lines } = await readAuditPage(store, workspaceId, {}, { limit: 10 });

  assert.deepEqual([outcome, again, other], ["erased", "erased before", "no such event"]);
  assert.deepEqual([report.whole, report.links], [true, 4]);
  assert.deepEqual([report.erased, report.erasedUnexplained], [1, 0]);
  const [erasing, ...rest] = lines;
  assert.deepEqual([erasing?.kind, erasing?.object], ["audit.detail-erased", `event:${id}`]);
  assert.deepEqual(erasing?.detail, { reason: by.reason });
  const erased = rest.find((line) => line.id === id);
  assert.deepEqual([erased?.isErased, erased?.detail], [true, null]);
});

test("a detail that is gone with no event about it is counted apart", async () => {
  const audit = await startTestAudit();
  await audit.append(3);
  await audit.link();
  await audit.tamper(
    "delete from audit_details where event_id in (select event_id from audit_chain where number = 2)",
  );

  const report = await audit.verify();

  assert.deepEqual([report.whole, report.erased, report.erasedUnexplained], [true, 1, 1]);
});

test("the reason of an erasing cannot be erased, not even with the bot's own login", async () => {
  const audit = await startTestAudit();
  const { store, workspaceId } = audit;
  await audit.record({ kind: "audit.detail-erased", detail: { reason: by.reason } });
  await audit.link();
  const { lines } = await readAuditPage(store, workspaceId, {}, { limit: 1 });

  const outcome = await eraseDetail(store, workspaceId, lines[0]?.id ?? "", by);
  const byHand = store.inWorkspace(workspaceId, (db) => db.execute("delete from audit_details"));
  await assert.rejects(byHand, (error: Error) => /cannot be erased/.test(String(error.cause)));
  const report = await audit.verify();

  assert.equal(outcome, "a reason");
  assert.deepEqual([report.whole, report.erased], [true, 0]);
});
