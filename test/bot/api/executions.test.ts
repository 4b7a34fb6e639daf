import assert from "node:assert/strict";
import { sql } from "drizzle-orm";
import { test } from "vitest";
import { installTestBundle, startTestApi, type TestApi, type TestUser } from "./api-fixture.ts";
import { storedExecution } from "./stored-execution.ts";

async function start(api: TestApi, user: TestUser): Promise<string> {
  const payload = { text: "web:show" };
  const url = "/api/v1/invocations";
  const answer = await api.app.inject({ method: "POST", url, headers: user.headers, payload });
  return answer.json().executionId;
}

function get({ app }: TestApi, user: TestUser, path: string) {
  return app.inject({ url: `/api/v1/executions${path}`, headers: user.headers });
}

function cancel({ app }: TestApi, user: TestUser, id: string) {
  const url = `/api/v1/executions/${id}/cancel`;
  return app.inject({ method: "POST", url, headers: user.headers });
}

test("shows one's own executions, and everybody's to those who may see them", async () => {
  const api = await startTestApi();
  await installTestBundle(api);
  const other = await api.addUser("other");
  const mine = await start(api, api.admin);
  const theirs = await start(api, other);

  const idsOf = async (user: TestUser) =>
    (await get(api, user, "")).json().executions.map(({ id }: { id: string }) => id);

  assert.deepEqual(await idsOf(api.admin), [theirs, mine]);
  assert.deepEqual(await idsOf(other), [theirs]);
});

test("another's execution does not exist for who may not see it", async () => {
  const api = await startTestApi();
  await installTestBundle(api);
  const other = await api.addUser("other");
  const mine = await start(api, api.admin);

  for (const path of [`/${mine}`, `/${mine}/output`, `/${mine}/events`]) {
    assert.equal((await get(api, other, path)).statusCode, 404, path);
  }
  assert.equal((await cancel(api, other, mine)).statusCode, 404);
});

test("seeing others' executions is not cancelling them, nor the other way round", async () => {
  const api = await startTestApi();
  await installTestBundle(api);
  const other = await api.addUser("other");
  const theirs = await start(api, other);
  const keepOnly = (permission: string) =>
    api.store.inWorkspace(api.workspaceId, (db) =>
      db.execute(sql`update role_permissions set permission = ${permission}
        where permission in ('site:executions-read')`),
    );
  await api.store.inWorkspace(api.workspaceId, (db) =>
    db.execute(sql`delete from role_permissions where permission = 'site:executions-cancel'`),
  );

  const seen = await get(api, api.admin, `/${theirs}`);
  const refused = await cancel(api, api.admin, theirs);
  await keepOnly("site:executions-cancel");
  const unseen = await get(api, api.admin, `/${theirs}`);
  const cancelled = await cancel(api, api.admin, theirs);

  assert.deepEqual([seen.statusCode, refused.statusCode], [200, 403]);
  assert.deepEqual([unseen.statusCode, cancelled.statusCode], [404, 200]);
});

test("cancels what has not started at once, and says when it is too late", async () => {
  const api = await startTestApi();
  await installTestBundle(api);
  const id = await start(api, api.admin);

  const first = (await cancel(api, api.admin, id)).json();
  const second = (await cancel(api, api.admin, id)).json();
  const open = (await get(api, api.admin, "")).json().executions;
  const all = (await get(api, api.admin, "?state=all")).json().executions;

  assert.deepEqual(first, { state: "queued", outcome: "cancelled" });
  assert.deepEqual(second, { state: "cancelled", outcome: "ended" });
  assert.equal(open.length, 0);
  assert.equal(all[0].state, "cancelled");
});

test("gives stored output byte for byte, whole or by stream, and says whether it is all", async () => {
  const api = await startTestApi();
  await installTestBundle(api);
  const execution = await storedExecution(api, await start(api, api.admin));
  await execution.start();
  await execution.print("stdout", "out 1\n");
  await execution.print("stderr", "err\n");
  await execution.print("stdout", Buffer.from([0xff, 0x0a]));

  const running = await get(api, api.admin, `/${execution.id}/output`);
  await execution.end("succeeded");
  const both = await get(api, api.admin, `/${execution.id}/output`);
  const stderr = await get(api, api.admin, `/${execution.id}/output?stream=stderr`);

  assert.equal(running.headers["output-complete"], "false");
  assert.equal(both.headers["output-complete"], "true");
  assert.match(String(both.headers["content-type"]), /^text\/plain/);
  assert.deepEqual(both.rawPayload, Buffer.from("out 1\nerr\n\xff\n", "latin1"));
  assert.equal(stderr.body, "err\n");
});
