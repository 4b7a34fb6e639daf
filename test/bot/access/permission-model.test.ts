import assert from "node:assert/strict";
import pg from "pg";
import { afterAll, beforeAll, describe, test } from "vitest";
import { SITE_PERMISSIONS } from "../../../bot/access/permissions.ts";
import { uuidv7 } from "../../../relay/wire/ids.ts";
import { startTestBot, type TestBot } from "../../support/bot.ts";

let bot: TestBot;
let owner: pg.Client;
beforeAll(async () => {
  bot = await startTestBot();
  owner = new pg.Client(bot.database.ownerUrl);
  await owner.connect();
});
afterAll(async () => {
  await owner.end();
  await bot.close();
});

/** What the bot says to an account of the console. */
async function said(text: string, account = bot.consoleUser): Promise<string> {
  const caller = { adapter: "console", installation: "local", providerUser: account };
  const talk = bot.say(text, { caller });
  await talk.done;
  return talk.text();
}

/** The permissions that `whoami` shows. */
async function heldBy(account?: string): Promise<string[]> {
  const [, list = ""] = /^permissions:?\s+(.*)$/m.exec(await said("whoami", account)) ?? [];
  return list.split(", ").filter((name) => name !== "none");
}

/** A row in this workspace with an id of its own. */
async function insert(table: string, row: Readonly<Record<string, string>>): Promise<string> {
  const id = uuidv7();
  await link(table, { id, ...row });
  return id;
}

async function link(table: string, row: Readonly<Record<string, string>>): Promise<void> {
  const all = { workspace_id: bot.workspaceId, ...row };
  const places = Object.keys(all).map((_, index) => `$${index + 1}`);
  await owner.query(
    `insert into ${table} (${Object.keys(all).join(", ")}) values (${places.join(", ")})`,
    Object.values(all),
  );
}

async function addUser(name: string): Promise<string> {
  const userId = await insert("users", { name });
  const account = { adapter: "console", installation: "local", provider_user: name };
  await link("identities", { ...account, user_id: userId });
  return userId;
}

async function addRole(name: string, permission: string): Promise<string> {
  const roleId = await insert("roles", { name });
  await link("role_permissions", { role_id: roleId, permission });
  return roleId;
}

test("P04 the first administrator has every site permission, and none of a bundle", async () => {
  const held = await heldBy();

  assert.deepEqual(held.sort(), Object.keys(SITE_PERMISSIONS).sort());
});

describe("P02 permissions come from roles, by groups and by grants", () => {
  test("a user without any has none", async () => {
    await addUser("bob");

    assert.deepEqual(await heldBy("bob"), []);
  });

  test("a role reaches whoever is in a group that it is granted to", async () => {
    const userId = await addUser("carol");
    const groupId = await insert("groups", { name: "ops" });
    const roleId = await addRole("deployer", "web:deploy");
    await insert("grants", { group_id: groupId, role_id: roleId });
    const before = await heldBy("carol");

    await link("group_members", { group_id: groupId, user_id: userId });

    assert.deepEqual(before, []);
    assert.deepEqual(await heldBy("carol"), ["web:deploy"]);
  });

  test("or is granted to the user", async () => {
    const userId = await addUser("dave");
    const [first, second] = [await addRole("one", "web:one"), await addRole("two", "web:two")];

    await insert("grants", { user_id: userId, role_id: first });
    await insert("grants", { user_id: userId, role_id: second });

    assert.deepEqual(await heldBy("dave"), ["web:one", "web:two"]);
  });

  test("until the grant expires", async () => {
    const userId = await addUser("erin");
    const roleId = await addRole("brief", "web:brief");

    await insert("grants", {
      user_id: userId,
      role_id: roleId,
      expires_at: "2020-01-01T00:00:00Z",
    });

    assert.deepEqual(await heldBy("erin"), []);
  });
});

test("P03 a user who is suspended is nobody", async () => {
  await addUser("frank");
  const before = await said("whoami", "frank");

  await owner.query("update users set state = 'suspended' where name = 'frank'");

  assert.match(before, /frank/);
  assert.match(await said("whoami", "frank"), /belongs to no active user/);
});

test("P14 a change of who may do what counts from the next line on", async () => {
  const userId = await addUser("grace");
  const roleId = await addRole("reader", "site:relays-read");
  const denied = await said("relay list", "grace");

  await insert("grants", { user_id: userId, role_id: roleId });
  const allowed = await said("relay list", "grace");
  await owner.query("delete from grants where user_id = $1", [userId]);

  assert.match(denied, /needs site:relays-read/);
  assert.doesNotMatch(allowed, /denied/);
  assert.match(await said("relay list", "grace"), /needs site:relays-read/);
});
