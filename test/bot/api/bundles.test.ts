import assert from "node:assert/strict";
import { sql } from "drizzle-orm";
import { test } from "vitest";
import { BUNDLE, installTestBundle, startTestApi, type TestApi } from "./api-fixture.ts";

function install({ app, admin }: TestApi, payload: object) {
  return app.inject({ method: "POST", url: "/api/v1/bundles", headers: admin.headers, payload });
}

async function eventsOf({ store, workspaceId }: TestApi): Promise<unknown[]> {
  const { rows } = await store.inWorkspace(workspaceId, (db) =>
    db.execute(
      sql`select kind, method, actor_id from audit_events where object like 'bundle:%' order by id`,
    ),
  );
  return rows;
}

test("installs once, and says so when it was there already", async () => {
  const api = await startTestApi();

  const first = await install(api, { source: BUNDLE });
  const second = await install(api, { source: BUNDLE });

  assert.equal(first.statusCode, 201);
  assert.equal(second.statusCode, 200);
  assert.equal(first.json().isNew, true);
  assert.equal(second.json().isNew, false);
  assert.equal(first.json().digest, second.json().digest);
  const event = { kind: "bundle.installed", method: "api", actor_id: api.admin.userId };
  assert.deepEqual(await eventsOf(api), [event]);
});

test("says everything that is wrong with a bundle, with file and line", async () => {
  const api = await startTestApi();
  const source = BUNDLE.replace("version: 1.0.0", "version: one").replace("rules:", "ruels:");

  const answer = await install(api, { source, file: "web.yaml" });

  assert.equal(answer.statusCode, 422);
  const messages = answer.json().errors.map(({ message }: { message: string }) => message);
  assert.ok(messages.length >= 2, answer.body);
  assert.ok(
    messages.every((message: string) => /^web\.yaml:\d+:\d+: /.test(message)),
    answer.body,
  );
});

test("refuses other content under the same version", async () => {
  const api = await startTestApi();
  await install(api, { source: BUNDLE });

  const answer = await install(api, { source: BUNDLE.replace("Shows.", "Shows more.") });

  assert.equal(answer.statusCode, 422);
  assert.match(answer.body, /give this one a new version/);
});

test("enables a version, shows it, and lists all", async () => {
  const api = await startTestApi();
  const { app, admin } = api;
  await installTestBundle(api);
  await install(api, { source: BUNDLE.replace("1.0.0", "1.1.0") });

  const info = await app.inject({ url: "/api/v1/bundles/web", headers: admin.headers });
  const list = await app.inject({ url: "/api/v1/bundles", headers: admin.headers });

  const { version, enabled, permissions, commands, versions } = info.json();
  assert.deepEqual(
    { version, enabled, permissions },
    {
      version: "1.0.0",
      enabled: true,
      permissions: ["web:deploy"],
    },
  );
  assert.deepEqual(commands[1].rules, ["must have web:deploy"]);
  assert.equal(commands[1].options[0].name, "force");
  assert.equal(versions.length, 2);
  assert.deepEqual(
    list
      .json()
      .bundles.map((one: { version: string; enabled: boolean }) => [one.version, one.enabled]),
    [
      ["1.0.0", true],
      ["1.1.0", false],
    ],
  );
});

test("says which version there is not", async () => {
  const api = await startTestApi();
  await installTestBundle(api);
  const { headers } = api.admin;

  const enable = await api.app.inject({
    method: "POST",
    url: "/api/v1/bundles/web/enable",
    headers,
    payload: { version: "9.0.0" },
  });
  const info = await api.app.inject({ url: "/api/v1/bundles/web?version=9.0.0", headers });

  assert.equal(enable.statusCode, 404);
  assert.equal(info.statusCode, 404);
  assert.match(enable.json().detail, /web 9\.0\.0/);
  assert.match(info.json().detail, /web 9\.0\.0/);
});
