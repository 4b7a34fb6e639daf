import assert from "node:assert/strict";
import { sql } from "drizzle-orm";
import { test } from "vitest";
import { installTestBundle, startTestApi, type TestApi } from "./api-fixture.ts";

const url = "/api/v1/relays/policy";

function put({ app, admin }: TestApi, payload: object) {
  return app.inject({ method: "PUT", url, headers: admin.headers, payload });
}

async function accessVersion({ store }: TestApi): Promise<number> {
  const { rows } = await store.pool.query("select access_version from workspaces");
  return Number(rows[0]?.access_version);
}

test("is set, shown and cleared, each time recorded with what was before and after", async () => {
  const api = await startTestApi();
  const before = await accessVersion(api);

  const set = await put(api, { selector: " env = prod , region in (eu us)" });
  const again = await put(api, { selector: "env=prod,region in (eu us)" });
  const shown = await api.app.inject({ url, headers: api.admin.headers });
  const cleared = await put(api, { selector: null });

  const text = "env=prod,region in (eu us)";
  assert.deepEqual(set.json(), { changed: true, selector: text, matching: 0, relays: 0 });
  assert.equal(again.json().changed, false);
  const [policy] = shown.json().policies;
  assert.deepEqual([policy.bundle, policy.selector, policy.changedBy], [null, text, "admin"]);
  assert.deepEqual([cleared.json().changed, cleared.json().selector], [true, null]);
  assert.equal(await accessVersion(api), before + 2);
  const { rows } = await api.store.inWorkspace(api.workspaceId, (db) =>
    db.execute(sql`select e.kind, e.actor_id, e.object, d.detail from audit_events e
      join audit_details d on d.event_id = e.id where e.kind like 'relay.%' order by e.id`),
  );
  assert.deepEqual(
    rows.map(({ kind, object, detail }) => [kind, object, JSON.parse(String(detail))]),
    [
      ["relay.policy-set", "relay-policy", { before: null, after: text }],
      ["relay.policy-cleared", "relay-policy", { before: text, after: null }],
    ],
  );
  assert.ok(rows.every(({ actor_id }) => actor_id === api.admin.userId));
});

test("is one for all bundles, and one for each beside it", async () => {
  const api = await startTestApi();
  await installTestBundle(api);

  const ofAll = await put(api, { selector: "env=prod" });
  const ofWeb = await put(api, { selector: "role=web", bundle: "web" });
  const ofNone = await put(api, { selector: "role=web", bundle: "wbe" });
  const shown = await api.app.inject({ url, headers: api.admin.headers });

  assert.deepEqual([ofAll.statusCode, ofWeb.statusCode], [200, 200]);
  assert.deepEqual([ofNone.statusCode, ofNone.json().detail], [404, "no bundle wbe is installed"]);
  const policies: { bundle: string | null; selector: string }[] = shown.json().policies;
  assert.deepEqual(
    policies.map(({ bundle, selector }) => [bundle, selector]),
    [
      [null, "env=prod"],
      ["web", "role=web"],
    ],
  );
});

test("is refused where it is none, and nothing changes", async () => {
  const api = await startTestApi();
  const before = await accessVersion(api);

  const answers = await Promise.all(
    ["env=", "~env=prod", " ", `a="${"x".repeat(256)}"`].map((selector) => put(api, { selector })),
  );

  assert.deepEqual(
    answers.map((answer) => [answer.statusCode, answer.json().detail]),
    [
      [422, "the selector is not valid at character 5: a value for env is missing here"],
      [422, "a policy prefers no relay: leave out what begins with ~"],
      [422, "a policy asks for something: relay policy clear removes it"],
      [422, "the selector is too long: a value has at most 255 characters, a tag 1024 values"],
    ],
  );
  assert.equal(await accessVersion(api), before);
});

test("is for those who manage relays: whoever lost that meanwhile changes nothing", async () => {
  const api = await startTestApi();
  const { changePolicy } = await import("../../../bot/relays/policy.ts");
  const nobody = await api.addUser("nobody");
  const wish = { bundle: "", selector: { tags: {}, not: {}, exists: ["a"], preferred: {} } };

  const outcome = await changePolicy(api.store, api.workspaceId, wish, {
    userId: nobody.userId,
    method: "test",
  });

  assert.deepEqual(outcome, {
    ok: false,
    reason: "forbidden",
    message: "this needs the permission site:relays-manage",
  });
});
