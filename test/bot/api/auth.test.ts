import assert from "node:assert/strict";
import { sql } from "drizzle-orm";
import { test } from "vitest";
import { startTestApi } from "./api-fixture.ts";

const unsigned: readonly (readonly [string, Record<string, string>])[] = [
  ["no header", {}],
  ["an empty one", { authorization: "" }],
  ["another scheme", { authorization: "Basic YWRtaW46YWRtaW4=" }],
  ["no token", { authorization: "Bearer" }],
  ["an unknown token", { authorization: `Bearer aldis_${"x".repeat(43)}` }],
  ["a token with spaces", { authorization: "Bearer a b" }],
  ["a very long token", { authorization: `Bearer ${"x".repeat(8_000)}` }],
];

test("whoever shows no valid token is told so, and always the same", async () => {
  const { app } = await startTestApi();
  const answers = new Set<string>();

  for (const [what, headers] of unsigned) {
    const answer = await app.inject({ url: "/api/v1/whoami", headers });
    assert.equal(answer.statusCode, 401, what);
    assert.equal(answer.headers["www-authenticate"], "Bearer", what);
    assert.match(String(answer.headers["content-type"]), /^application\/problem\+json/, what);
    const { requestId, ...problem } = answer.json();
    assert.equal(requestId, answer.headers["x-request-id"], what);
    answers.add(JSON.stringify(problem));
  }

  assert.equal(answers.size, 1);
});

test("a token says who its holder is", async () => {
  const { app, admin, workspaceId } = await startTestApi();

  const answer = await app.inject({ url: "/api/v1/whoami", headers: admin.headers });

  assert.equal(answer.statusCode, 200);
  const { name, userId, workspaceId: where, permissions } = answer.json();
  assert.deepEqual(
    { name, userId, where },
    { name: "admin", userId: admin.userId, where: workspaceId },
  );
  assert.ok(permissions.includes("site:bundles-manage"));
});

test("rights, suspension and expiry hold from the next request on", async () => {
  const api = await startTestApi();
  const { app, admin, store, workspaceId } = api;
  const other = await api.addUser("other");
  const status = async (user: typeof admin, url: string) =>
    (await app.inject({ url, headers: user.headers })).statusCode;
  const change = (query: ReturnType<typeof sql>) =>
    store.inWorkspace(workspaceId, (db) => db.execute(query));

  const before = [await status(admin, "/api/v1/bundles"), await status(other, "/api/v1/whoami")];
  await change(sql`delete from grants`);
  await change(sql`update users set state = 'suspended' where id = ${other.userId}`);
  const after = [await status(admin, "/api/v1/bundles"), await status(other, "/api/v1/whoami")];
  await change(sql`update api_tokens set expires_at = now() where user_id = ${admin.userId}`);
  const expired = await status(admin, "/api/v1/whoami");

  assert.deepEqual(before, [200, 200]);
  assert.deepEqual(after, [403, 401]);
  assert.equal(expired, 401);
});
