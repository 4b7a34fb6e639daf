import assert from "node:assert/strict";
import { sql } from "drizzle-orm";
import { test } from "vitest";
import { parseJoinToken } from "../../../relay/wire/join-token.ts";
import { startTestApi, type TestApi } from "./api-fixture.ts";

function invite({ app, admin }: TestApi) {
  const payload = { name: "edge-1", tags: { region: "eu" } };
  const url = "/api/v1/relays/join-tokens";
  return app.inject({ method: "POST", url, headers: admin.headers, payload });
}

test("issues a join token that says where to go and whom to trust, and records that", async () => {
  const api = await startTestApi();
  const { store, workspaceId, deps } = api;

  const answer = await invite(api);

  assert.equal(answer.statusCode, 201);
  const join = parseJoinToken(answer.json().joinToken);
  assert.equal(join?.nats, deps.natsUrlForRelays);
  assert.equal(join?.authority, deps.authorityFingerprint);
  assert.equal(join?.keyListNumber, deps.keyLists.current().list.number);
  const { rows } = await store.inWorkspace(workspaceId, (db) =>
    db.execute(sql`select e.kind, e.actor_id, d.detail from audit_events e
      join audit_details d on d.event_id = e.id where e.kind like 'relay.%'`),
  );
  assert.equal(rows.length, 1);
  assert.equal(rows[0]?.kind, "relay.join-token-issued");
  assert.equal(rows[0]?.actor_id, api.admin.userId);
  const detail = String(rows[0]?.detail);
  assert.deepEqual(JSON.parse(detail), { name: "edge-1", tags: { region: "eu" } });
  assert.ok(join && !detail.includes(join.token));
});

test("does not hand out a token that leads nowhere", async () => {
  const api = await startTestApi({ natsUrlForRelays: undefined });

  const answer = await invite(api);

  assert.equal(answer.statusCode, 409);
  assert.match(answer.json().detail, /ALDIS_NATS_URL/);
});

test("lists no relay while none has joined", async () => {
  const { app, admin } = await startTestApi();

  const answer = await app.inject({ url: "/api/v1/relays", headers: admin.headers });

  assert.deepEqual(answer.json(), { relays: [] });
});
