import assert from "node:assert/strict";
import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { onceAMinute } from "../../../relay/process/once-a-minute.ts";
import { startTestApi, type TestApi } from "./api-fixture.ts";

async function refusals({ store, workspaceId }: TestApi) {
  const { rows } = await store.inWorkspace(workspaceId, (db) =>
    db.execute<{ actor: string; method: string; object: string; detail: string }>(sql`
      select e.actor_id as actor, e.method, e.object, d.detail from audit_events e
      join audit_details d on d.event_id = e.id where e.kind = 'api.refused' order by e.object`),
  );
  return rows.map(({ detail, ...event }) => ({ ...event, detail: JSON.parse(detail) }));
}

test("a change that is not permitted is on record, of a caller and route once a minute", async () => {
  const api = await startTestApi();
  const ada = await api.addUser("ada");
  const grace = await api.addUser("grace");
  const call = (user: typeof ada, method: "POST" | "GET" | "DELETE", path: string, payload = {}) =>
    api.app.inject({
      method,
      url: `/api/v1/${path}`,
      headers: user.headers,
      ...(method === "POST" && { payload }),
    });

  const statuses = [
    await call(ada, "POST", "users", { name: "mallory" }),
    await call(ada, "POST", "users", { name: "mallory" }),
    await call(ada, "DELETE", "groups/administrators"),
    await call(ada, "DELETE", "groups/others"),
    await call(grace, "POST", "users", { name: "mallory" }),
    await call(grace, "GET", "users"),
  ].map(({ statusCode }) => statusCode);
  await call(api.admin, "POST", "users", { name: "mallory" });

  assert.deepEqual(statuses, [403, 403, 403, 403, 403, 403]);
  const manage = { method: "api", detail: { permission: "site:access-manage" } };
  expect(await refusals(api)).toEqual(
    expect.arrayContaining([
      { ...manage, actor: ada.userId, object: "route:DELETE /api/v1/groups/:name" },
      { ...manage, actor: ada.userId, object: "route:POST /api/v1/users" },
      { ...manage, actor: grace.userId, object: "route:POST /api/v1/users" },
    ]),
  );
  assert.equal((await refusals(api)).length, 3);
});

test("is due again when a minute has passed", () => {
  let now = 0;
  const isDue = onceAMinute(() => now);
  const at = (ms: number, name: string) => {
    now = ms;
    return isDue(name);
  };

  const due = [at(0, "a"), at(30_000, "b"), at(59_999, "a"), at(60_000, "a"), at(60_000, "b")];

  assert.deepEqual(due, [true, true, false, true, false]);
});
