import assert from "node:assert/strict";
import { expect, onTestFinished, test } from "vitest";
import { makeFirstAdministrator } from "../../../bot/access/first-administrator.ts";
import { loadBuiltIn } from "../../../bot/bundles/built-in.ts";
import { authorize } from "../../../bot/invocation/authorize.ts";
import { createViews, type View } from "../../../bot/invocation/view.ts";
import { openStore } from "../../../bot/store/pool.ts";
import { operatorRules } from "../../../bot/store/schema.ts";
import { defaultWorkspace } from "../../../bot/store/workspaces.ts";
import { uuidv7 } from "../../../relay/wire/ids.ts";
import { createTestDatabase } from "../../support/postgres.ts";

async function startViews() {
  const database = await createTestDatabase();
  const store = openStore({ url: database.url, onError: () => {} });
  onTestFinished(async () => {
    await store.stop();
    await database.drop();
  });
  const workspaceId = await defaultWorkspace(store);
  const admin = await makeFirstAdministrator(store, workspaceId, undefined);
  const reported: string[] = [];
  const views = createViews({
    store,
    macKey: Buffer.alloc(32, 7),
    builtIn: await loadBuiltIn(),
    onUnreadable: (_, errors) => reported.push(...errors),
  });
  const read = () => {
    views.forget(workspaceId);
    return views.read(workspaceId, { userId: admin?.userId ?? assert.fail() });
  };
  return { store, workspaceId, reported, read };
}

function decisionOf(view: View, name: string) {
  const bundle = view.bundles.get("aldis") ?? assert.fail();
  const command = bundle.commands[name] ?? assert.fail();
  const caller = view.caller ?? assert.fail();
  const parsed = { argv: [], options: {}, arguments: [], secrets: [] };
  const place = { channel: "console", adapter: "console" };
  return authorize(view, caller, place, { bundle, command }, parsed, new Date()).decision;
}

test("an operator's rule that cannot be read closes its command, and is reported once", async () => {
  const { store, workspaceId, reported, read } = await startViews();
  const before = await read();
  const row = { workspaceId, id: uuidv7(), bundle: "aldis", command: "ps" };

  await store.inWorkspace(workspaceId, (db) =>
    db.insert(operatorRules).values({ ...row, rule: "aldis:ps allow if sunny" }),
  );
  const after = await read();
  await read();

  assert.equal(decisionOf(before, "ps").allowed, true);
  expect(decisionOf(after, "ps")).toMatchObject({ allowed: false, reason: "forbidden" });
  assert.equal(decisionOf(after, "help").allowed, true);
  assert.equal(reported.length, 1);
  assert.match(reported[0] ?? "", /at 1:\d+: .*; aldis:ps is closed until it is removed/);
});

test("a view names who may manage access", async () => {
  const { read } = await startViews();

  assert.deepEqual((await read()).accessManagers, ["admin"]);
});
