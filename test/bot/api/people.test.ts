import assert from "node:assert/strict";
import { describe, expect, test } from "vitest";
import { addOperatorRule } from "../../../bot/access/operator-rules.ts";
import { createRole } from "../../../bot/access/roles.ts";
import { definePermission } from "../../../bot/access/site-permissions.ts";
import { BUNDLE, installTestBundle, startTestApi, type TestApi } from "./api-fixture.ts";

type Method = "GET" | "POST" | "DELETE";

function asAdmin(api: TestApi) {
  return async (method: Method, path: string, payload?: object) => {
    const { headers } = api.admin;
    const answer = await api.app.inject({
      method,
      url: `/api/v1/${path}`,
      headers,
      ...(payload && { payload }),
    });
    return { status: answer.statusCode, body: answer.json() };
  };
}

describe("people", () => {
  test("are added, linked, grouped, granted and listed", async () => {
    const api = await startTestApi();
    const ask = asAdmin(api);
    await installTestBundle(api);
    const account = { adapter: "slack", installation: "T/1", account: "U 1" };
    const role = { name: "Deployer", permissions: ["web:deploy"] };

    const statuses = [
      await ask("POST", "users", { name: "ada", email: "ada@example.com" }),
      await ask("POST", "users/ada/identities", account),
      await ask("POST", "groups", { name: "ops" }),
      await ask("POST", "groups/ops/members", { user: "ada" }),
      await ask("POST", "roles", role),
      await ask("POST", "grants", { role: "Deployer", group: "ops", forMs: 3_600_000 }),
    ].map(({ status }) => status);

    assert.deepEqual(statuses, [201, 200, 201, 200, 201, 200]);
    const { users } = (await ask("GET", "users")).body;
    expect(users).toContainEqual({
      name: "ada",
      state: "active",
      email: "ada@example.com",
      labels: {},
      groups: ["ops"],
      identities: [account],
    });
    const { grants } = (await ask("GET", "grants")).body;
    expect(grants).toContainEqual(
      expect.objectContaining({ role: "Deployer", group: "ops", user: null, expired: false }),
    );
    const unlink = await ask("DELETE", "users/ada/identities/slack/T%2F1/U%201");
    assert.deepEqual(unlink, { status: 200, body: { changed: true } });
  });

  const refused: readonly (readonly [
    string,
    Method,
    string,
    object | undefined,
    number,
    RegExp,
  ])[] = [
    ["a name in capitals", "POST", "users", { name: "Ada" }, 400, /a user's name is/],
    ["a typo in the body", "POST", "users", { name: "ada", mail: "x" }, 400, /mail/],
    ["nobody", "POST", "users/adm1n/suspend", {}, 404, /did you mean admin\?/],
    ["the last way in", "POST", "users/admin/suspend", {}, 409, /nobody who may manage access/],
    ["a group that is there", "POST", "groups", { name: "administrators" }, 409, /already/],
    ["a built-in role", "DELETE", "roles/Viewer", undefined, 409, /built in/],
    ["both at once", "POST", "grants", { role: "Viewer", user: "a", group: "b" }, 400, /not both/],
    [
      "a term that is over",
      "POST",
      "grants",
      { role: "Viewer", user: "admin", expiresAt: "2020-01-01T00:00:00Z" },
      422,
      /expired already/,
    ],
    ["no grant", "DELETE", "grants/00000000-0000-7000-8000-000000000000", undefined, 404, /grant/],
    ["a bundle's name", "POST", "permissions", { name: "web:thing" }, 400, /site:name/],
    ["a pattern for a name", "DELETE", "permissions/(", undefined, 400, /bundle:name/],
    [
      "a NUL in a name",
      "POST",
      "users/a%00/suspend",
      undefined,
      400,
      /params\.name: .*well-formed/,
    ],
    [
      "a moment beyond the last year",
      "POST",
      "grants",
      { role: "Viewer", user: "admin", expiresAt: "9999-12-31T23:59:59-23:59" },
      400,
      /body\.expiresAt: .*9999/,
    ],
    [
      "a year before 1970",
      "GET",
      "audit/events?until=1960-01-01T00:00:00Z",
      undefined,
      400,
      /1970/,
    ],
    ["the year 0", "GET", "audit/export?since=0000-01-01T00:00:00Z", undefined, 400, /1970/],
    ["the program's own", "DELETE", "permissions/site:audit-read", undefined, 409, /stays/],
  ];

  test.each(refused)("%s is refused with one line", async (_, method, path, body, status, line) => {
    const api = await startTestApi();

    const answer = await asAdmin(api)(method, path, body);

    assert.equal(answer.status, status);
    assert.match(answer.body.detail, line);
    assert.doesNotMatch(answer.body.detail, /\n/);
  });
});

describe("rules of the operators' own", () => {
  test("are checked with line and column, kept once, and hold through an upgrade", async () => {
    const api = await startTestApi();
    const ask = asAdmin(api);
    await installTestBundle(api);
    const rule = 'web:show forbid because "not now"';

    const wrong = await ask("POST", "rules", { rule: "web:show\nwith arg[0] is 1 allow" });
    const added = await ask("POST", "rules", { rule });
    const again = await ask("POST", "rules", { rule });
    const before = await ask("POST", "invocations", { text: "web:show" });
    await ask("POST", "bundles", { source: BUNDLE.replace("1.0.0", "1.1.0") });
    await ask("POST", "bundles/web/enable", { version: "1.1.0" });
    const after = await ask("POST", "invocations", { text: "web:show" });
    await ask("DELETE", `rules/${added.body.id}`);
    const removed = await ask("POST", "invocations", { text: "web:show" });

    assert.equal(wrong.status, 422);
    assert.match(wrong.body.detail, /2:\d+: /);
    expect(added).toMatchObject({ status: 200, body: { rule, changed: true } });
    expect(again.body).toEqual({ ...added.body, changed: false });
    for (const { body } of [before, after]) {
      assert.equal(body.decision, "deny");
      assert.match(body.answer.text, /not now/);
    }
    assert.equal(removed.body.decision, "allow");
  });

  test("keep the permission that they ask for", async () => {
    const api = await startTestApi();
    const ask = asAdmin(api);
    await installTestBundle(api);
    await ask("POST", "permissions", { name: "site:on-call" });
    const added = await ask("POST", "rules", { rule: "web:show must have site:on-call" });

    const kept = await ask("DELETE", "permissions/site:on-call");
    await ask("DELETE", `rules/${added.body.id}`);
    const gone = await ask("DELETE", "permissions/site:on-call");

    assert.equal(kept.status, 409);
    assert.match(kept.body.detail, /web:show/);
    assert.deepEqual(gone, { status: 200, body: { changed: true } });
  });

  test("are not kept where the permission was removed after they were checked", async () => {
    const { store, workspaceId, admin } = await startTestApi();
    const actor = { userId: admin.userId, method: "test" };
    const own = { name: "site:on-call", description: "" };
    const asking = {
      bundle: "web",
      command: "show",
      rule: "web:show must have site:on-call",
      asksFor: ["site:on-call"],
    };
    const role = { name: "Watch", description: "", permissions: ["site:on-call"] };
    const declared = new Set(role.permissions);

    const refused = [
      await addOperatorRule(store, workspaceId, asking, actor),
      await createRole(store, workspaceId, role, declared, actor),
    ];
    await definePermission(store, workspaceId, own, actor);
    const kept = [
      await addOperatorRule(store, workspaceId, asking, actor),
      await createRole(store, workspaceId, role, declared, actor),
    ];

    for (const each of refused) {
      expect(each).toMatchObject({
        ok: false,
        reason: "conflict",
        message: expect.stringMatching(/nobody declares/),
      });
    }
    expect(kept).toMatchObject([{ ok: true }, { ok: true }]);
  });

  test("a permission of the workspace's own may be asked for by a bundle", async () => {
    const api = await startTestApi();
    const ask = asAdmin(api);
    const source = BUNDLE.replace("must have web:deploy", "must have site:on-call");

    const undeclared = await ask("POST", "bundles", { source });
    await ask("POST", "permissions", { name: "site:on-call" });
    const declared = await ask("POST", "bundles", { source });

    assert.equal(undeclared.status, 422);
    assert.equal(declared.status, 201);
  });
});
