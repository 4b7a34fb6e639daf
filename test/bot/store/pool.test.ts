import assert from "node:assert/strict";
import { afterAll, beforeAll, test } from "vitest";
import { openStore, type Store } from "../../../bot/store/pool.ts";
import { defaultWorkspace } from "../../../bot/store/workspaces.ts";
import { createTestDatabase, type TestDatabase } from "../../support/postgres.ts";
import { withClient } from "../../support/postgres-cluster.ts";

let database: TestDatabase;
let store: Store;

beforeAll(async () => {
  database = await createTestDatabase();
  store = openStore({ url: database.url, onError: () => {} });
});

afterAll(async () => {
  await store.stop();
  await database.drop();
});

function cutAllConnections(): Promise<unknown> {
  return withClient(database.ownerUrl, (client) =>
    client.query(
      "select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and datname = current_database()",
    ),
  );
}

test("a connection lost within a transaction fails that transaction, and nothing else", async () => {
  const workspaceId = await defaultWorkspace(store);

  const idle = store.inWorkspace(workspaceId, async (db) => {
    await cutAllConnections();
    await db.execute("select 1");
  });
  await assert.rejects(idle);
  const busy = store.inWorkspace(workspaceId, async (db) => {
    await Promise.all([db.execute("select pg_sleep(30)"), cutAllConnections()]);
  });
  await assert.rejects(busy);

  assert.equal(await defaultWorkspace(store), workspaceId);
});

test("a transaction sees its own workspace only, and leaves no trace on the connection", async () => {
  const workspaceId = await defaultWorkspace(store);
  const other = "01a1fd69-b0a4-7eb4-88cc-84f4f3f48b55";
  await withClient(database.ownerUrl, (client) =>
    client.query("insert into workspaces (id, name) values ($1, 'other')", [other]),
  );
  await store.call("record_event", [workspaceId, '{"kind": "test", "method": "system"}', "{}"]);

  const count = (id: string) =>
    store.inWorkspace(id, async (db) => (await db.execute("select from audit_events")).rowCount);
  assert.equal(await count(workspaceId), 1);
  assert.equal(await count(other), 0);
  const { rowCount } = await store.pool.query("select from audit_events");
  assert.equal(rowCount, 0);
});
