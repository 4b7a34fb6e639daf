import assert from "node:assert/strict";
import { test } from "vitest";
import { readAuditPage } from "../../../bot/audit/read.ts";
import { uuidv7 } from "../../../relay/wire/ids.ts";
import { waitFor } from "../../support/wait.ts";
import { openStream, startTestApi, type TestApi } from "./api-fixture.ts";

async function readings({ store, workspaceId, admin }: TestApi, kind: string) {
  const { lines } = await readAuditPage(store, workspaceId, { kind }, { limit: 50 });
  for (const line of lines) assert.equal(line.userId, admin.userId);
  return lines.map(({ detail }) => detail);
}

const link = ({ store, workspaceId }: TestApi) =>
  store.call("link_events", [workspaceId, "test", 600, 1000]);

test("reading the audit is on record, with what was asked for", async () => {
  const api = await startTestApi();
  const { headers } = api.admin;

  const url = "/api/v1/audit/events?kind=role.created&limit=2";
  const answer = await api.app.inject({ url, headers });
  const wrong = await api.app.inject({ url: "/api/v1/audit/events?knid=x", headers });

  assert.equal(answer.statusCode, 200);
  const { events, next } = answer.json();
  assert.deepEqual([events.length, events[1].id], [2, next]);
  assert.equal(events[0].kind, "role.created");
  assert.equal(wrong.statusCode, 400);
  assert.deepEqual(await readings(api, "audit.read"), [{ kind: "role.created", limit: 2 }]);
});

test("exports the chain, for reading and for checking, each on record", async () => {
  const api = await startTestApi();
  await link(api);
  const { headers } = api.admin;

  const answer = await api.app.inject({ url: "/api/v1/audit/export", headers });
  await api.app.inject({ url: "/api/v1/audit/export?purpose=verify", headers });

  const lines = answer.body
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  assert.equal(answer.headers["content-type"], "application/x-ndjson");
  assert.equal(lines[0].format, "aldis-audit");
  assert.deepEqual([lines.at(-1).end, lines.at(-1).last], [true, lines.length - 2]);
  assert.equal((await readings(api, "audit.exported")).length, 1);
  assert.equal((await readings(api, "audit.verified")).length, 1);
});

test("follows what is linked, from a number of the chain on", async () => {
  const api = await startTestApi();
  await link(api);
  const { headers } = api.admin;
  const address = await api.app.listen({ host: "127.0.0.1", port: 0 });
  const url = `${address}/api/v1/audit/events/follow?kind=audit.read`;

  const first = await openStream(url, headers);
  const begin = await first.read();
  await link(api);
  const event = await first.read();
  first.hangUp();
  const [, number = ""] = /^id: (\d+)\nevent: event/.exec(event) ?? [];
  const again = await openStream(url, { ...headers, "last-event-id": String(Number(number) - 1) });
  const resumed = (await again.read()) + (await again.read());
  again.hangUp();

  assert.match(begin, /^id: \d+\nevent: begin\n/);
  assert.match(event, /"follow":true/);
  assert.ok(resumed.includes(event));
  await waitFor(async () => (await readings(api, "audit.read")).length === 2);
});

test("erases a detail for a reason, for those who may", async () => {
  const api = await startTestApi();
  const { store, workspaceId, app, admin } = api;
  const { lines } = await readAuditPage(store, workspaceId, {}, { limit: 1 });
  const post = (id: string, payload: object) =>
    app.inject({
      method: "POST",
      url: `/api/v1/audit/events/${id}/erase`,
      headers: admin.headers,
      payload,
    });
  const id = lines[0]?.id ?? "";

  const unreasoned = await post(id, {});
  const erased = await post(id, { reason: "a name" });
  const again = await post(id, { reason: "a name" });
  const nothing = await post(uuidv7(), { reason: "a name" });

  assert.equal(unreasoned.statusCode, 400);
  assert.deepEqual(erased.json(), { outcome: "erased" });
  assert.deepEqual(again.json(), { outcome: "erased before" });
  assert.equal(nothing.statusCode, 404);
  assert.deepEqual(await readings(api, "audit.detail-erased"), [{ reason: "a name" }]);
});
