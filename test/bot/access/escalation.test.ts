import assert from "node:assert/strict";
import { describe, expect, test } from "vitest";
import type { Actor } from "../../../bot/access/change.ts";
import { grantRole, listGrants, revokeGrant } from "../../../bot/access/grants.ts";
import { joinGroup, leaveGroup } from "../../../bot/access/groups.ts";
import { linkIdentity } from "../../../bot/access/identities.ts";
import { changeRole, createRole } from "../../../bot/access/roles.ts";
import { activateUser, suspendUser } from "../../../bot/access/users.ts";
import { mustBeDone, type People, startPeople } from "./people.ts";

const MINE = { adapter: "slack", installation: "T1", providerUser: "U-mallory" };

/** Ways in which one who manages access might get, or take from others, what they do not hold. */
const ATTEMPTS: readonly (readonly [string, (people: People, by: Actor) => Promise<unknown>])[] = [
  ["grants themselves the role of administrators", grantAdmin("mallory", {})],
  ["grants it for a minute", grantAdmin("mallory", { forMs: 60_000 })],
  [
    "joins the administrators",
    ({ store, workspaceId }, by) =>
      joinGroup(store, workspaceId, { group: "administrators", user: "mallory" }, by),
  ],
  [
    "makes a role of it",
    ({ store, workspaceId, declared }, by) => {
      const role = { name: "Mine", description: "", permissions: ["site:audit-erase"] };
      return createRole(store, workspaceId, role, declared, by);
    },
  ],
  [
    "adds it to a role of theirs",
    ({ store, workspaceId, declared }, by) => {
      const change = { add: ["site:audit-erase"], remove: [] };
      return changeRole(store, workspaceId, "Access", change, declared, by);
    },
  ],
  [
    "links their account to the administrator",
    ({ store, workspaceId }, by) => linkIdentity(store, workspaceId, "admin", MINE, by),
  ],
  [
    "suspends the administrator",
    ({ store, workspaceId }, by) => suspendUser(store, workspaceId, "admin", by),
  ],
  [
    "puts the administrator out of the group",
    ({ store, workspaceId }, by) =>
      leaveGroup(store, workspaceId, { group: "administrators", user: "admin" }, by),
  ],
  [
    "revokes the administrators' grant",
    async ({ store, workspaceId }, by) => {
      const [grant] = (await listGrants(store, workspaceId)).filter(
        ({ group }) => group === "administrators",
      );
      return revokeGrant(store, workspaceId, grant?.id ?? assert.fail(), by);
    },
  ],
];

function grantAdmin(user: string, term: { forMs?: number }) {
  return ({ store, workspaceId }: People, by: Actor) => {
    const wish = { role: "Workspace Admin", to: { user }, term, reason: "" };
    return grantRole(store, workspaceId, wish, by);
  };
}

describe("whoever manages access and no more", () => {
  test.each(ATTEMPTS)("%s: refused, and an administrator may", async (_, attempt) => {
    const people = await startPeople();
    const mallory = await people.addUser("mallory");
    await people.give("mallory", "Access", ["site:access-manage", "site:access-read"]);
    const before = await people.permissionsOf(mallory);

    const refused = await attempt(people, mallory);
    const held = await people.permissionsOf(mallory);
    const allowed = await attempt(people, people.admin);

    expect(refused).toMatchObject({ ok: false, reason: "forbidden" });
    assert.deepEqual(held, before);
    expect(allowed).not.toMatchObject({ reason: "forbidden" });
  });

  test("gives what bundles declare, though they do not hold it", async () => {
    const people = await startPeople();
    const { store, workspaceId, declared } = people;
    const mallory = await people.addUser("mallory");
    await people.give("mallory", "Access", ["site:access-manage"]);
    const role = { name: "Deployer", description: "", permissions: ["web:deploy"] };

    const made = await createRole(store, workspaceId, role, declared, mallory);

    assert.equal(made.ok, true);
  });
});

describe("an administrator for a time", () => {
  async function startTemporary() {
    const people = await startPeople();
    const temp = await people.addUser("temp");
    mustBeDone(await grantAdmin("temp", { forMs: 3_600_000 })(people, people.admin));
    return { people, temp };
  }

  test.each([
    ["for good", {}],
    ["for longer", { forMs: 7_200_000 }],
  ])("does not make themselves one %s", async (_, term) => {
    const { people, temp } = await startTemporary();

    const outcome = await grantAdmin("temp", term)(people, temp);

    expect(outcome).toMatchObject({ ok: false, reason: "forbidden" });
    expect(outcome).toHaveProperty("message", expect.stringContaining("for that long"));
  });

  test("may pass it on until then", async () => {
    const { people, temp } = await startTemporary();
    await people.addUser("other");

    const outcome = await grantAdmin("other", { forMs: 60_000 })(people, temp);

    expect(outcome).toMatchObject({ ok: true });
  });
});

test("who has been suspended in between gives nothing back to themselves", async () => {
  const people = await startPeople();
  const { store, workspaceId } = people;
  const mallory = await people.addUser("mallory");
  await people.give("mallory", "Access", ["site:access-manage"]);
  await people.addUser("boss");
  mustBeDone(await grantAdmin("boss", {})(people, people.admin));
  mustBeDone(await suspendUser(store, workspaceId, "boss", people.admin));

  const outcome = await activateUser(store, workspaceId, "boss", mallory);

  expect(outcome).toMatchObject({ ok: false, reason: "forbidden" });
});
