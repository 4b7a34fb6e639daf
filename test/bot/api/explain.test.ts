import assert from "node:assert/strict";
import { sql } from "drizzle-orm";
import { describe, expect, test } from "vitest";
import { installTestBundle, startTestApi, type TestApi, type TestUser } from "./api-fixture.ts";

const VAULT = `
aldis_bundle_version: 1
name: vault
version: 1.0.0
description: Keeps things.
commands:
  open:
    executable: [/bin/true]
    native: true
    options: { key: { type: string, secret: true } }
    rules: [allow]
`;

async function startWithDeployers() {
  const api = await startTestApi();
  await installTestBundle(api);
  const ada = await api.addUser("ada");
  const grace = await api.addUser("grace");
  const steps: readonly (readonly [string, object])[] = [
    ["groups", { name: "ops" }],
    ["groups/ops/members", { user: "ada" }],
    ["roles", { name: "Deployer", permissions: ["web:deploy"] }],
    ["grants", { role: "Deployer", group: "ops", forMs: 3_600_000 }],
  ];
  for (const [path, payload] of steps) {
    const answer = await post(api, api.admin, path, payload);
    assert.ok(answer.statusCode < 300, answer.body);
  }
  return { api, ada, grace };
}

function post({ app }: TestApi, { headers }: TestUser, path: string, payload: object) {
  return app.inject({ method: "POST", url: `/api/v1/${path}`, headers, payload });
}

async function explain(api: TestApi, by: TestUser, wish: object) {
  const answer = await post(api, by, "rules/explain", { text: "web:deploy", ...wish });
  return answer.json();
}

describe("explaining", () => {
  test("says by which group, role and until when a permission is held", async () => {
    const { api } = await startWithDeployers();

    const explained = await explain(api, api.admin, { as: "ada" });

    expect(explained).toMatchObject({
      user: "ada",
      decision: "allow",
      command: { bundle: "web", command: "deploy" },
      rules: [{ rule: "web:deploy must have web:deploy", outcome: "true" }],
      permissions: [
        {
          name: "web:deploy",
          held: true,
          paths: [{ group: "ops", role: "Deployer", expiresAt: expect.stringMatching(/Z$/) }],
        },
      ],
    });
  });

  test("says which role and group have what is missing, and whom to ask", async () => {
    const { api } = await startWithDeployers();

    const explained = await explain(api, api.admin, { as: "grace" });

    expect(explained).toMatchObject({
      decision: "deny",
      reason: "missing-permission",
      message: "needs web:deploy",
      answer: "web:deploy: denied, needs web:deploy; ask admin",
      missing: ["web:deploy"],
      permissions: [{ held: false, paths: [], roles: ["Deployer"], groups: ["ops"] }],
      ask: ["admin"],
    });
  });

  test("agrees with the invocation itself", async () => {
    const { api, ada, grace } = await startWithDeployers();

    for (const user of [ada, grace]) {
      const explained = await explain(api, user, {});
      const invoked = await post(api, user, "invocations", { text: "web:deploy" });
      assert.equal(explained.decision, invoked.json().decision);
      assert.equal(explained.answer, invoked.json().answer?.text);
    }
  });

  test("oneself needs no permission, and shows no role that one may not see", async () => {
    const { api, grace } = await startWithDeployers();

    const own = await explain(api, grace, {});
    const named = await explain(api, grace, { as: "grace" });

    expect(own).toMatchObject({ decision: "deny", permissions: [{ roles: [], groups: [] }] });
    assert.deepEqual(named, own);
  });

  test("oneself tells no more of a command that one may not run than typing it does", async () => {
    const { api, grace } = await startWithDeployers();
    await post(api, api.admin, "permissions", { name: "site:on-call" });
    await post(api, api.admin, "rules", { rule: "web:deploy must have site:on-call" });

    const hidden = await explain(api, grace, {});
    const invoked = await post(api, grace, "invocations", { text: "web:deploy" });

    expect(hidden).toMatchObject({ decision: "deny", rules: [], matched: [], openTags: [] });
    assert.equal(hidden.answer, invoked.json().answer.text);
    const named = hidden.permissions.map(({ name }: { name: string }) => name);
    assert.deepEqual(named, hidden.missing);
  });

  test("shows rules of the operators to nobody who may not read them", async () => {
    const { api, ada } = await startWithDeployers();
    await post(api, api.admin, "permissions", { name: "site:on-call" });
    const rule = 'web:deploy with channel == "secret-channel" must have site:on-call';
    const added = await post(api, api.admin, "rules", { rule });
    assert.equal(added.statusCode, 200, added.body);

    const own = await explain(api, ada, {});
    const byAdmin = await explain(api, api.admin, { as: "ada" });

    assert.deepEqual(own.rules, [
      { rule: "web:deploy must have web:deploy", outcome: "true" },
      { rule: "a rule of this workspace", outcome: "false" },
    ]);
    assert.doesNotMatch(JSON.stringify(own), /secret-channel|on-call/);
    assert.match(JSON.stringify(byAdmin.rules), /secret-channel.*site:on-call/);
  });

  test("for a relay needs site:access-read, whether or not there is one", async () => {
    const { api, grace } = await startWithDeployers();

    const answer = await post(api, grace, "rules/explain", { text: "web:show", relay: "moon" });

    assert.equal(answer.statusCode, 403);
    assert.match(answer.json().detail, /site:access-read/);
  });

  test("somebody else needs site:access-read, whether or not they exist", async () => {
    const { api, grace } = await startWithDeployers();

    for (const as of ["ada", "nobody"]) {
      const payload = { text: "web:deploy", as };
      const answer = await post(api, grace, "rules/explain", payload);
      assert.equal(answer.statusCode, 403);
      assert.match(answer.json().detail, /site:access-read/);
    }
  });

  test("is recorded with who asked, and without the values of secrets", async () => {
    const { api } = await startWithDeployers();
    await post(api, api.admin, "bundles", { source: VAULT });
    await post(api, api.admin, "bundles/vault/enable", {});

    const answer = await explain(api, api.admin, { as: "ada", text: "open --key hunter2-hunter2" });

    const { rows } = await api.store.inWorkspace(api.workspaceId, (db) =>
      db.execute<{ actor: string; object: string; outcome: string; detail: string }>(sql`
        select e.actor_id as actor, e.object, e.outcome, d.detail from audit_events e
        join audit_details d on d.event_id = e.id where e.kind = 'rules.explained'`),
    );
    expect(rows).toMatchObject([{ actor: api.admin.userId, object: "user:ada", outcome: "deny" }]);
    assert.match(rows[0]?.detail ?? "", /"command":"vault:open"/);
    assert.match(rows[0]?.detail ?? "", /"text":"open •••"/);
    assert.doesNotMatch(JSON.stringify([rows, answer]), /hunter2/);
  });

  test.each([
    [{ text: "web:deplo" }, "unknown", /did you mean/],
    [{ text: "web:deploy --farce" }, "malformed", /--force/],
    [{ text: "Web?" }, "malformed", /not the name/],
  ])("of what cannot be decided says why: %j", async (wish, decision, answer) => {
    const { api } = await startWithDeployers();

    const explained = await explain(api, api.admin, { as: "ada", ...wish });

    assert.equal(explained.decision, decision);
    assert.match(explained.answer, answer);
    assert.deepEqual(explained.permissions, []);
  });

  test("a suspended user is nobody, and an unknown one or relay is not found", async () => {
    const { api } = await startWithDeployers();
    await post(api, api.admin, "users/ada/suspend", {});

    const suspended = await explain(api, api.admin, { as: "ada" });
    const unknown = await post(api, api.admin, "rules/explain", { text: "x", as: "graze" });
    const relay = await post(api, api.admin, "rules/explain", { text: "x", relay: "moon" });

    expect(suspended).toMatchObject({ suspended: true, decision: "deny" });
    assert.match(unknown.json().detail, /did you mean grace\?/);
    assert.equal(relay.statusCode, 404);
  });

  test("counts a change that another bot has just made", async () => {
    const { api } = await startWithDeployers();
    const before = await explain(api, api.admin, { as: "ada" });

    await api.store.inWorkspace(api.workspaceId, (db) =>
      db.execute(sql`delete from grants
      where role_id = (select id from roles where name = 'Deployer')`),
    );
    const after = await explain(api, api.admin, { as: "ada" });

    assert.equal(before.decision, "allow");
    assert.equal(after.decision, "deny");
  });
});
