import assert from "node:assert/strict";
import { appendFile, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "vitest";
import type { JournalEntry } from "../../../relay/journal/entry.ts";
import { openJournal } from "../../../relay/journal/journal.ts";
import { JournalError } from "../../../relay/journal/journal-file.ts";
import { uuidv7 } from "../../../relay/wire/ids.ts";
import { temporaryDirectory } from "../relay-under-test.ts";

const at = new Date(0).toISOString();
const claimed = (executionId: string): JournalEntry => ({
  kind: "claimed",
  executionId,
  attempt: 1,
  epoch: "e",
});
const permitted = (executionId: string): JournalEntry => ({
  kind: "permitted",
  executionId,
  attempt: 1,
  bot: "b",
  at,
});
const settled = (executionId: string): JournalEntry => ({
  kind: "settled",
  executionId,
  attempt: 1,
});

async function newPath(): Promise<string> {
  return join(await temporaryDirectory(), "journal");
}

test("knows after opening again what was written, and forgets what is settled", async () => {
  const path = await newPath();
  const [open, over] = [uuidv7(), uuidv7()];
  const first = await openJournal(path);
  await Promise.all([
    first.append(claimed(open)),
    first.append(permitted(open)),
    first.append(permitted(over)),
    first.append(settled(over)),
  ]);
  await first.close();

  const second = await openJournal(path);
  const records = second.records();
  await second.close();

  assert.deepEqual(records, [
    { executionId: open, attempt: 1, claimed: claimed(open), permitted: permitted(open) },
  ]);
  assert.equal((await readFile(path, "utf8")).trim().split("\n").length, 2);
  assert.equal((await stat(path)).mode & 0o777, 0o600);
});

test("knows an attempt from another of the same execution", async () => {
  const id = uuidv7();
  const journal = await openJournal(await newPath());
  await journal.append(permitted(id));

  const known = [1, 2].map((attempt) => journal.has({ executionId: id, attempt }));
  await journal.close();

  assert.deepEqual(known, [true, false]);
});

test("leaves out a last line that was torn", async () => {
  const path = await newPath();
  const id = uuidv7();
  const first = await openJournal(path);
  await first.append(permitted(id));
  await first.close();
  await appendFile(path, JSON.stringify(settled(id)).slice(0, -9));

  const second = await openJournal(path);
  await second.append(claimed(uuidv7()));
  await second.close();
  const third = await openJournal(path);
  const records = third.records();
  await third.close();

  assert.equal(records.length, 2);
  assert.ok(records[0]?.permitted);
});

test("says where a line is damaged, rather than guess", async () => {
  const path = await newPath();
  await writeFile(path, `${JSON.stringify(claimed(uuidv7()))}\n{"kind":"no\n\n`);

  await assert.rejects(openJournal(path), new RegExp(`^JournalError: ${path}:2 is damaged`));
});

test("writes what comes together in one go", async () => {
  const path = await newPath();
  const journal = await openJournal(path);
  const order: number[] = [];

  const appends = Array.from({ length: 100 }, async (_, index) => {
    await journal.append(claimed(uuidv7()));
    order.push(index);
  });
  await Promise.all(appends);
  await journal.close();

  assert.deepEqual(
    order,
    order.toSorted((a, b) => a - b),
  );
  assert.equal((await readFile(path, "utf8")).trim().split("\n").length, 100);
});

test("takes appends from whoever was waiting for the last one", async () => {
  const journal = await openJournal(await newPath());

  for (let count = 0; count < 20; count++) await journal.append(claimed(uuidv7()));
  const { length } = journal.records();
  await journal.close();

  assert.equal(length, 20);
});

test("grows no further than what is open and a little more", async () => {
  const path = await newPath();
  const journal = await openJournal(path, { compactAtBytes: 2_000 });
  const open = uuidv7();
  await journal.append(permitted(open));

  for (let count = 0; count < 100; count++) {
    const id = uuidv7();
    await Promise.all([journal.append(permitted(id)), journal.append(settled(id))]);
  }
  await journal.close();
  const again = await openJournal(path);
  const records = again.records();
  await again.close();

  assert.ok((await stat(path)).size < 3_000);
  assert.deepEqual(
    records.map(({ executionId }) => executionId),
    [open],
  );
});

test("tells a fault, and that it has passed", async () => {
  const path = await newPath();
  const journal = await openJournal(path);
  await journal.close();

  await assert.rejects(journal.append(claimed(uuidv7())), JournalError);
  assert.match(journal.fault?.message ?? "", /cannot be written/);
  await assert.rejects(journal.probe(), JournalError);
});

test("cannot be opened where there is no directory", async () => {
  await assert.rejects(openJournal("/nowhere/at/all/journal"), /cannot be opened/);
});
