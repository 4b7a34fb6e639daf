import assert from "node:assert/strict";
import { describe, expect, test } from "vitest";
import { grantRole, listGrants, revokeGrant } from "../../../bot/access/grants.ts";
import {
  createGroup,
  joinGroup,
  leaveGroup,
  listGroups,
  removeGroup,
} from "../../../bot/access/groups.ts";
import { linkIdentity, unlinkIdentity } from "../../../bot/access/identities.ts";
import { changeRole, createRole, listRoles, removeRole } from "../../../bot/access/roles.ts";
import { definePermission, removePermission } from "../../../bot/access/site-permissions.ts";
import { activateUser, createUser, listUsers, suspendUser } from "../../../bot/access/users.ts";
import { mustBeDone, type People, startPeople } from "./people.ts";

const ACCOUNT = { adapter: "slack", installation: "T1", providerUser: "U1" };

/** What is done, the event that tells of it, and what it was done to. */
const CHANGES: readonly {
  kind: string;
  object: string;
  prepare?(people: People): Promise<unknown>;
  change(people: People): Promise<{ ok: boolean }>;
}[] = [
  {
    kind: "user.created",
    object: "user:grace",
    change: ({ store, workspaceId, admin }) =>
      createUser(store, workspaceId, { name: "grace", labels: { team: "web" } }, admin),
  },
  {
    kind: "user.suspended",
    object: "user:ada",
    change: ({ store, workspaceId, admin }) => suspendUser(store, workspaceId, "ada", admin),
  },
  {
    kind: "user.activated",
    object: "user:ada",
    prepare: ({ store, workspaceId, admin }) => suspendUser(store, workspaceId, "ada", admin),
    change: ({ store, workspaceId, admin }) => activateUser(store, workspaceId, "ada", admin),
  },
  {
    kind: "identity.linked",
    object: "user:ada",
    change: ({ store, workspaceId, admin }) =>
      linkIdentity(store, workspaceId, "ada", ACCOUNT, admin),
  },
  {
    kind: "identity.unlinked",
    object: "user:ada",
    prepare: ({ store, workspaceId, admin }) =>
      linkIdentity(store, workspaceId, "ada", ACCOUNT, admin),
    change: ({ store, workspaceId, admin }) =>
      unlinkIdentity(store, workspaceId, "ada", ACCOUNT, admin),
  },
  {
    kind: "group.created",
    object: "group:web",
    change: ({ store, workspaceId, admin }) => createGroup(store, workspaceId, "web", admin),
  },
  {
    kind: "group.joined",
    object: "group:ops",
    change: ({ store, workspaceId, admin }) =>
      joinGroup(store, workspaceId, { group: "ops", user: "ada" }, admin),
  },
  {
    kind: "group.left",
    object: "group:ops",
    prepare: ({ store, workspaceId, admin }) =>
      joinGroup(store, workspaceId, { group: "ops", user: "ada" }, admin),
    change: ({ store, workspaceId, admin }) =>
      leaveGroup(store, workspaceId, { group: "ops", user: "ada" }, admin),
  },
  {
    kind: "group.removed",
    object: "group:ops",
    change: ({ store, workspaceId, admin }) => removeGroup(store, workspaceId, "ops", admin),
  },
  {
    kind: "role.created",
    object: "role:Reader",
    change: ({ store, workspaceId, admin, declared }) => {
      const role = { name: "Reader", description: "", permissions: ["web:read"] };
      return createRole(store, workspaceId, role, declared, admin);
    },
  },
  {
    kind: "role.changed",
    object: "role:Deployer",
    change: ({ store, workspaceId, admin, declared }) => {
      const change = { add: ["web:read"], remove: ["web:deploy"] };
      return changeRole(store, workspaceId, "Deployer", change, declared, admin);
    },
  },
  {
    kind: "role.removed",
    object: "role:Deployer",
    change: ({ store, workspaceId, admin }) => removeRole(store, workspaceId, "Deployer", admin),
  },
  {
    kind: "grant.added",
    object: "group:ops",
    change: (people) => grant(people, { group: "ops" }),
  },
  {
    kind: "grant.revoked",
    object: "user:ada",
    prepare: (people) => grant(people, { user: "ada" }),
    change: async ({ store, workspaceId, admin }) => {
      const grants = await listGrants(store, workspaceId);
      const { id } = grants.find(({ user }) => user === "ada") ?? assert.fail();
      return revokeGrant(store, workspaceId, id, admin);
    },
  },
  {
    kind: "permission.defined",
    object: "permission:site:on-call",
    change: ({ store, workspaceId, admin }) => define(store, workspaceId, admin),
  },
  {
    kind: "permission.removed",
    object: "permission:site:on-call",
    prepare: ({ store, workspaceId, admin }) => define(store, workspaceId, admin),
    change: ({ store, workspaceId, admin }) =>
      removePermission(store, workspaceId, "site:on-call", admin),
  },
];

function grant(people: People, to: { user: string } | { group: string }) {
  const wish = { role: "Deployer", to, term: {}, reason: "release" };
  return grantRole(people.store, people.workspaceId, wish, people.admin);
}

function define(store: People["store"], workspaceId: string, admin: People["admin"]) {
  return definePermission(store, workspaceId, { name: "site:on-call", description: "" }, admin);
}

async function startWith(prepare?: (people: People) => Promise<unknown>): Promise<People> {
  const people = await startPeople();
  const { store, workspaceId, admin, declared } = people;
  await people.addUser("ada");
  mustBeDone(await createGroup(store, workspaceId, "ops", admin));
  const role = { name: "Deployer", description: "", permissions: ["web:deploy"] };
  mustBeDone(await createRole(store, workspaceId, role, declared, admin));
  await prepare?.(people);
  return people;
}

async function accessVersion({ store, workspaceId }: People): Promise<number> {
  const { rows } = await store.pool.query("select access_version from workspaces where id = $1", [
    workspaceId,
  ]);
  return Number(rows[0].access_version);
}

describe("each change", () => {
  test.each(CHANGES)(
    "$kind is recorded with who did it, what was before and what is after",
    async ({ kind, object, prepare, change }) => {
      const people = await startWith(prepare);
      const before = (await people.events()).length;
      const version = await accessVersion(people);

      const outcome = await change(people);

      assert.equal(outcome.ok, true);
      const events = (await people.events()).slice(before);
      expect(events).toMatchObject([{ kind, object, actor: people.admin.userId }]);
      expect(events[0]?.detail).toHaveProperty("before");
      expect(events[0]?.detail).toHaveProperty("after");
      assert.ok((await accessVersion(people)) > version);
    },
  );

  test.each([
    ["suspending who is suspended", "user.activated"],
    ["joining a group again", "group.left"],
    ["granting the same again", "grant.revoked"],
  ])("%s changes nothing and records nothing", async (_, kind) => {
    const { prepare } = CHANGES.find((each) => each.kind === kind) ?? assert.fail();
    const people = await startWith(prepare);
    const before = await people.events();

    const again = await prepare?.(people);

    expect(again).toMatchObject({ ok: true, changed: false });
    assert.deepEqual(await people.events(), before);
  });
});

describe("a name that is not there", () => {
  const refusals: readonly (readonly [string, (people: People) => Promise<unknown>, string])[] = [
    [
      "user",
      ({ store, workspaceId, admin }) => suspendUser(store, workspaceId, "adda", admin),
      "there is no user adda; did you mean ada?",
    ],
    [
      "group",
      ({ store, workspaceId, admin }) => removeGroup(store, workspaceId, "opps", admin),
      "there is no group opps; did you mean ops?",
    ],
    [
      "role",
      ({ store, workspaceId, admin }) => removeRole(store, workspaceId, "Deploier", admin),
      "there is no role Deploier; did you mean Deployer?",
    ],
    [
      "permission",
      ({ store, workspaceId, admin, declared }) => {
        const role = { name: "Other", description: "", permissions: ["web:deploi"] };
        return createRole(store, workspaceId, role, declared, admin);
      },
      "nobody declares the permission web:deploi; did you mean web:deploy?",
    ],
  ];

  test.each(refusals)(
    "of a %s is answered with the nearest, and nothing is recorded",
    async (_, change, message) => {
      const people = await startWith();
      const before = await people.events();

      const outcome = await change(people);

      expect(outcome).toMatchObject({ ok: false, message });
      assert.deepEqual(await people.events(), before);
    },
  );
});

test("what is there already is refused, and an account is nobody else's", async () => {
  const { store, workspaceId, admin, addUser } = await startWith();
  await addUser("grace");
  const account = { adapter: "console", installation: "local", providerUser: "ada" };

  const outcomes = [
    await createUser(store, workspaceId, { name: "ada" }, admin),
    await createGroup(store, workspaceId, "ops", admin),
    await linkIdentity(store, workspaceId, "grace", account, admin),
    await definePermission(store, workspaceId, { name: "site:audit-read", description: "" }, admin),
  ];

  for (const outcome of outcomes) expect(outcome).toMatchObject({ ok: false, reason: "conflict" });
});

test("built-in roles stay as they are, and nothing may look like one", async () => {
  const { store, workspaceId, admin, declared } = await startPeople();
  const before = await listRoles(store, workspaceId);
  const lookalike = { name: "workspace admin", description: "", permissions: [] };
  const change = { add: ["web:read"], remove: [] };

  const outcomes = [
    await changeRole(store, workspaceId, "Viewer", change, declared, admin),
    await removeRole(store, workspaceId, "Viewer", admin),
    await createRole(store, workspaceId, lookalike, declared, admin),
  ];

  for (const outcome of outcomes) expect(outcome).toMatchObject({ ok: false, reason: "conflict" });
  assert.deepEqual(await listRoles(store, workspaceId), before);
});

test("granting again changes until when, and a removed permission leaves every role", async () => {
  const people = await startWith((all) => define(all.store, all.workspaceId, all.admin));
  const { store, workspaceId, admin } = people;
  const declared = new Set([...people.declared, "site:on-call"]);
  const add = { add: ["site:on-call"], remove: [] };
  mustBeDone(await changeRole(store, workspaceId, "Deployer", add, declared, admin));

  const first = mustBeDone(await grant(people, { user: "ada" }));
  const term = { forMs: 60_000 };
  const wish = { role: "Deployer", to: { user: "ada" }, term, reason: "release" };
  const second = mustBeDone(await grantRole(store, workspaceId, wish, admin));
  mustBeDone(await removePermission(store, workspaceId, "site:on-call", admin));

  assert.equal(first.value.expiresAt, null);
  assert.equal(second.value.id, first.value.id);
  assert.ok(second.value.expiresAt);
  const roles = await listRoles(store, workspaceId);
  assert.deepEqual(roles.find(({ name }) => name === "Deployer")?.permissions, ["web:deploy"]);
});

test("lists say who is in what and holds what", async () => {
  const people = await startWith((all) => grant(all, { group: "ops" }));
  const { store, workspaceId, admin } = people;
  await joinGroup(store, workspaceId, { group: "ops", user: "ada" }, admin);

  const users = await listUsers(store, workspaceId);
  const groups = await listGroups(store, workspaceId);

  expect(users.find(({ name }) => name === "ada")).toMatchObject({
    state: "active",
    groups: ["ops"],
    identities: [{ adapter: "console", installation: "local", account: "ada" }],
  });
  expect(groups).toContainEqual({ name: "ops", members: ["ada"], roles: ["Deployer"] });
});
