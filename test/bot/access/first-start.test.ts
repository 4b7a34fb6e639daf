import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished, test } from "vitest";
import { prepareFirstStart } from "../../../bot/access/first-start.ts";
import { openStore } from "../../../bot/store/pool.ts";
import { defaultWorkspace } from "../../../bot/store/workspaces.ts";
import { createTestDatabase } from "../../support/postgres.ts";

async function dataDirectory(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "aldis-first-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
}

async function firstStartIn(folder: string) {
  const database = await createTestDatabase();
  const store = openStore({ url: database.url, onError: () => {} });
  onTestFinished(async () => {
    await store.stop();
    await database.drop();
  });
  const workspaceId = await defaultWorkspace(store);
  return prepareFirstStart(store, workspaceId, folder, "root");
}

test("the token of another database is kept beside the new one, however often", async () => {
  const folder = await dataDirectory();
  const file = join(folder, "admin.token");
  const read = (name: string) => readFile(join(folder, name), "utf8");
  await writeFile(file, "aldis_old\n");

  const first = await firstStartIn(folder);
  const token = await read("admin.token");
  const second = await firstStartIn(folder);

  assert.equal(first?.oldTokenFile, `${file}.old`);
  assert.equal(second?.oldTokenFile, `${file}.old-2`);
  assert.equal(await read("admin.token.old"), "aldis_old\n");
  assert.equal(await read("admin.token.old-2"), token);
  assert.notEqual(await read("admin.token"), token);
  assert.equal((await stat(`${file}.old`)).mode & 0o777, 0o600);
});

test("in a new data directory nothing is set aside", async () => {
  const first = await firstStartIn(await dataDirectory());

  assert.equal(first?.userName, "admin");
  assert.equal(first.oldTokenFile, undefined);
});
