import assert from "node:assert/strict";
import { describe, expect, test } from "vitest";
import { grantRole, listGrants, revokeGrant } from "../../../bot/access/grants.ts";
import { leaveGroup, removeGroup } from "../../../bot/access/groups.ts";
import { linkIdentity, unlinkIdentity } from "../../../bot/access/identities.ts";
import { issueToken } from "../../../bot/access/tokens.ts";
import { suspendUser } from "../../../bot/access/users.ts";
import { apiTokens } from "../../../bot/store/schema.ts";
import { mustBeDone, type People, startPeople } from "./people.ts";

const ROOT = { adapter: "console", installation: "local", providerUser: "root" };

const REMOVALS: readonly (readonly [string, (people: People) => Promise<unknown>])[] = [
  [
    "suspending them",
    ({ store, workspaceId, admin }) => suspendUser(store, workspaceId, "admin", admin),
  ],
  [
    "leaving the group",
    ({ store, workspaceId, admin }) =>
      leaveGroup(store, workspaceId, { group: "administrators", user: "admin" }, admin),
  ],
  [
    "removing the group",
    ({ store, workspaceId, admin }) => removeGroup(store, workspaceId, "administrators", admin),
  ],
  [
    "revoking the grant",
    async ({ store, workspaceId, admin }) => {
      const [grant] = await listGrants(store, workspaceId);
      return revokeGrant(store, workspaceId, grant?.id ?? assert.fail(), admin);
    },
  ],
  [
    "letting the grant expire",
    ({ store, workspaceId, admin }) => {
      const term = { forMs: 3_600_000 };
      const wish = { role: "Workspace Admin", to: { group: "administrators" }, term, reason: "" };
      return grantRole(store, workspaceId, wish, admin);
    },
  ],
  [
    "unlinking their only account",
    async ({ store, workspaceId, admin }) => {
      await store.inWorkspace(workspaceId, (db) => db.delete(apiTokens));
      return unlinkIdentity(store, workspaceId, "admin", ROOT, admin);
    },
  ],
];

async function addAdministrator(people: People, name: string) {
  const actor = await people.addUser(name);
  const { store, workspaceId, admin } = people;
  const wish = { role: "Workspace Admin", to: { user: name }, term: {}, reason: "" };
  mustBeDone(await grantRole(store, workspaceId, wish, admin));
  return actor;
}

describe("the last who may manage access", () => {
  test.each(REMOVALS)("stays: %s is refused, and with another it is done", async (_, remove) => {
    const people = await startPeople();

    const refused = await remove(people);
    const eventsAfter = await people.events();
    await addAdministrator(people, "second");
    const done = await remove(people);

    expect(refused).toMatchObject({ ok: false, reason: "conflict" });
    assert.deepEqual(eventsAfter, []);
    expect(done).toMatchObject({ ok: true });
  });

  test("does not count who holds it for a time, or has no account", async () => {
    const people = await startPeople();
    const { store, workspaceId, admin } = people;
    await people.addUser("temp");
    const term = { forMs: 3_600_000 };
    const wish = { role: "Workspace Admin", to: { user: "temp" }, term, reason: "" };
    mustBeDone(await grantRole(store, workspaceId, wish, admin));
    await addAdministrator(people, "ghost");
    const account = { ...ROOT, providerUser: "ghost" };
    mustBeDone(await unlinkIdentity(store, workspaceId, "ghost", account, admin));

    const refused = await suspendUser(store, workspaceId, "admin", admin);

    expect(refused).toMatchObject({ ok: false, reason: "conflict" });
  });

  test.each([
    ["an account of an adapter that there is not", { ...ROOT, adapter: "nowhere" }],
    ["an account of a chat that is not connected", { ...ROOT, adapter: "slack" }],
    ["a console that is not this one", { ...ROOT, installation: "elsewhere" }],
  ])("does not count who has only %s", async (_, account) => {
    const people = await startPeople();
    const { store, workspaceId, admin } = people;
    await addAdministrator(people, "ghost");
    const own = { ...ROOT, providerUser: "ghost" };
    const other = { ...account, providerUser: "ghost" };
    mustBeDone(await linkIdentity(store, workspaceId, "ghost", other, admin));
    mustBeDone(await unlinkIdentity(store, workspaceId, "ghost", own, admin));

    const refused = await suspendUser(store, workspaceId, "admin", admin);
    await linkIdentity(store, workspaceId, "ghost", own, admin);
    const done = await suspendUser(store, workspaceId, "admin", admin);

    expect(refused).toMatchObject({ ok: false, reason: "conflict" });
    expect(done).toMatchObject({ ok: true });
  });

  test("does not count a token that expires", async () => {
    const people = await startPeople();
    const { store, workspaceId, admin } = people;
    const second = await addAdministrator(people, "second");
    const account = { ...ROOT, providerUser: "second" };
    mustBeDone(await unlinkIdentity(store, workspaceId, "second", account, admin));
    await issueToken(store, workspaceId, second.userId, "test");
    const setExpiry = (expiresAt: Date | null) =>
      store.inWorkspace(workspaceId, (db) => db.update(apiTokens).set({ expiresAt }));
    await setExpiry(new Date(Date.now() + 3_600_000));

    const refused = await suspendUser(store, workspaceId, "admin", admin);
    await setExpiry(null);
    const done = await suspendUser(store, workspaceId, "admin", admin);

    expect(refused).toMatchObject({ ok: false, reason: "conflict" });
    expect(done).toMatchObject({ ok: true });
  });

  test("one stays when two suspend themselves at once", async () => {
    const people = await startPeople();
    const { store, workspaceId, admin } = people;
    const second = await addAdministrator(people, "second");

    const outcomes = await Promise.all([
      suspendUser(store, workspaceId, "admin", admin),
      suspendUser(store, workspaceId, "second", second),
    ]);

    expect(outcomes.filter(({ ok }) => !ok)).toMatchObject([{ reason: "conflict" }]);
    const left = [await people.permissionsOf(admin), await people.permissionsOf(second)];
    assert.equal(left.filter((held) => held.includes("site:access-manage")).length, 1);
  });

  test("changes nothing any more once another has suspended them", async () => {
    const people = await startPeople();
    const { store, workspaceId, admin } = people;
    const second = await addAdministrator(people, "second");
    mustBeDone(await suspendUser(store, workspaceId, "second", admin));

    const outcome = await suspendUser(store, workspaceId, "admin", second);

    expect(outcome).toMatchObject({ ok: false, reason: "forbidden" });
  });
});
