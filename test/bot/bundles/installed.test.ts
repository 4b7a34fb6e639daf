import assert from "node:assert/strict";
import { afterAll, beforeAll, beforeEach, describe, test } from "vitest";
import {
  type BundleStore,
  enableBundle,
  installBundle,
  listBundles,
  readEnabledBundles,
} from "../../../bot/bundles/installed.ts";
import { loadBundle } from "../../../bot/bundles/load.ts";
import { openStore, type Store } from "../../../bot/store/pool.ts";
import { defaultWorkspace } from "../../../bot/store/workspaces.ts";
import { createTestDatabase, type TestDatabase } from "../../support/postgres.ts";
import { withClient } from "../../support/postgres-cluster.ts";

const SOURCE = `
aldis_bundle_version: 1
name: web
version: 1.0.0
description: For tests.
commands:
  wipe:
    description: Wipes.
    executable: [/bin/true]
    native: true
    options: {}
    rules: [forbid]
`;
const HARMFUL = SOURCE.replace("[forbid]", "[allow]");
const ACTOR = { userId: undefined, method: "test" };

let database: TestDatabase;
let store: Store;
let deps: BundleStore;
let workspaceId: string;

beforeAll(async () => {
  database = await createTestDatabase();
  store = openStore({ url: database.url, onError: () => {} });
  deps = { store, macKey: Buffer.alloc(32, 7) };
  workspaceId = await defaultWorkspace(store);
});

afterAll(async () => {
  await store.stop();
  await database.drop();
});

beforeEach(async () => {
  await asOwner("delete from bundles");
  await install(SOURCE);
  await enableBundle(store, workspaceId, "web", undefined, ACTOR);
});

function asOwner(statement: string, values: unknown[] = []): Promise<unknown> {
  return withClient(database.ownerUrl, (client) => client.query(statement, values));
}

function install(text: string) {
  return installBundle(deps, workspaceId, { text, file: "web.yaml" }, ACTOR);
}

async function enabled(): Promise<{ rules: string[]; reported: string[] }> {
  const reported: string[] = [];
  const found = await readEnabledBundles(deps, workspaceId, (name) => reported.push(name));
  return { rules: found.flatMap(({ commands }) => commands.wipe?.ruleTexts ?? []), reported };
}

describe("enabling a bundle", () => {
  test("of which others enable other versions at the same time leaves one enabled", async () => {
    const versions = ["1.0.0", "2.0.0", "3.0.0"];
    for (const version of versions) await install(SOURCE.replace("1.0.0", version));

    for (let round = 0; round < 5; round++) {
      const done = await Promise.all(
        versions.map((version) => enableBundle(store, workspaceId, "web", version, ACTOR)),
      );
      const all = await listBundles(store, workspaceId);

      assert.deepEqual(
        done,
        versions.map((version) => ({ ok: true, version })),
      );
      assert.equal(all.filter((each) => each.enabled).length, 1);
    }
  });
});

describe("a bundle that somebody wrote into the database", () => {
  test("runs if a bot has installed it", async () => {
    assert.deepEqual(await enabled(), { rules: ["forbid"], reported: [] });
  });

  test("does not run with another source", async () => {
    await asOwner("update bundles set source = $1", [HARMFUL]);

    assert.deepEqual(await enabled(), { rules: [], reported: ["web"] });
  });

  test("does not run with another source and the digest that belongs to it", async () => {
    const loaded = loadBundle(HARMFUL, "web.yaml");
    assert.ok(loaded.ok);
    await asOwner("update bundles set source = $1, digest = $2", [HARMFUL, loaded.bundle.digest]);

    assert.deepEqual(await enabled(), { rules: [], reported: ["web"] });
  });

  test("does not run under the name or version of another", async () => {
    await asOwner("update bundles set name = 'other'");
    assert.deepEqual(await enabled(), { rules: [], reported: ["other"] });

    await asOwner("update bundles set name = 'web', version = '2.0.0'");
    assert.deepEqual(await enabled(), { rules: [], reported: ["web"] });
  });

  test("does not run in another workspace", async () => {
    const other = "01a1fd69-b0a4-7eb4-88cc-84f4f3f48b55";
    await asOwner("insert into workspaces (id, name) values ($1, 'other') on conflict do nothing", [
      other,
    ]);
    await asOwner("update bundles set workspace_id = $1", [other]);

    const reported: string[] = [];
    const found = await readEnabledBundles(deps, other, (name) => reported.push(name));
    assert.deepEqual([found, reported], [[], ["web"]]);
  });

  test("runs again once it is installed again", async () => {
    await asOwner("update bundles set source = $1, mac = null", [HARMFUL]);

    const again = await install(SOURCE);

    assert.ok(again.ok && again.isNew);
    assert.deepEqual(await enabled(), { rules: ["forbid"], reported: [] });
  });
});

test("one version means one content", async () => {
  const same = await install(`${SOURCE}\n# with a remark\n`);
  const other = await install(HARMFUL);

  assert.ok(same.ok && !same.isNew);
  assert.ok(!other.ok);
  assert.match(other.errors.join(), /installed with other content/);
});
