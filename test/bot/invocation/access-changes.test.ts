import assert from "node:assert/strict";
import { eq } from "drizzle-orm";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Actor } from "../../../bot/access/change.ts";
import { grantRole, listGrants, revokeGrant } from "../../../bot/access/grants.ts";
import { createGroup, joinGroup, leaveGroup } from "../../../bot/access/groups.ts";
import { linkIdentity, unlinkIdentity } from "../../../bot/access/identities.ts";
import { addOperatorRule, removeOperatorRule } from "../../../bot/access/operator-rules.ts";
import { changeRole, createRole } from "../../../bot/access/roles.ts";
import { definePermission, removePermission } from "../../../bot/access/site-permissions.ts";
import { hashToken, issueToken } from "../../../bot/access/tokens.ts";
import { createUser, suspendUser } from "../../../bot/access/users.ts";
import { apiTokens, tokenLookup } from "../../../bot/store/schema.ts";
import { startTestBot, type TestBot } from "../../support/bot.ts";
import { mustBeDone } from "../access/people.ts";

/** Two bots on one database; each keeps what it has read. */
let first: TestBot;
let second: TestBot;
let owner: pg.Client;
let admin: Actor;

const WEB = `
aldis_bundle_version: 1
name: web
version: 1.0.0
description: A web site.
commands:
  show:
    executable: [/bin/echo, shown]
    native: true
    options: {}
    rules: [must have site:on-call]
`;
const DECLARED = new Set(["site:on-call"]);

beforeAll(async () => {
  first = await startTestBot();
  second = await startTestBot({ database: first.database, directory: first.directory });
  owner = new pg.Client(first.database.ownerUrl);
  await owner.connect();
  const { rows } = await owner.query("select id from users where name = 'admin'");
  admin = { userId: rows[0].id, method: "test" };
  const { store, workspaceId } = first;
  await declare();
  await first.install(WEB);
  const role = { name: "On call", description: "", permissions: ["site:on-call"] };
  mustBeDone(await createRole(store, workspaceId, role, DECLARED, admin));
  mustBeDone(await createGroup(store, workspaceId, "ops", admin));
  const wish = { role: "On call", to: { group: "ops" }, term: {}, reason: "" };
  mustBeDone(await grantRole(store, workspaceId, wish, admin));
  for (const bot of [first, second]) await bot.relay(bot === first ? "one" : "two", RUNS);
});
const RUNS = { runsEverything: true };

afterAll(async () => {
  await owner.end();
  await second.close();
  await first.close();
});

async function declare() {
  const permission = { name: "site:on-call", description: "" };
  mustBeDone(await definePermission(first.store, first.workspaceId, permission, admin));
}

let users = 0;

/** Somebody new with a console account, who may run the command by a grant or a group. */
async function addUser(by: "grant" | "group"): Promise<string> {
  const { store, workspaceId } = first;
  const name = `user-${++users}`;
  mustBeDone(await createUser(store, workspaceId, { name }, admin));
  mustBeDone(await linkIdentity(store, workspaceId, name, accountOf(name), admin));
  const wish = { role: "On call", to: { user: name }, term: {}, reason: "" };
  if (by === "grant") mustBeDone(await grantRole(store, workspaceId, wish, admin));
  else mustBeDone(await joinGroup(store, workspaceId, { group: "ops", user: name }, admin));
  return name;
}

function accountOf(name: string) {
  return { adapter: "console", installation: "local", providerUser: name };
}

async function saidBy(name: string, bot: TestBot): Promise<string> {
  const talk = bot.say("!web:show", { caller: accountOf(name) });
  await talk.done;
  return talk.output + talk.text();
}

/** What is changed through the first bot, the answer from then on, and how it is undone. */
const CHANGES: readonly {
  what: string;
  by: "grant" | "group";
  change(name: string): Promise<unknown>;
  answer: RegExp;
  undo?(): Promise<unknown>;
}[] = [
  {
    what: "a grant is revoked",
    by: "grant",
    async change(name) {
      const grants = await listGrants(first.store, first.workspaceId);
      const { id } = grants.find(({ user }) => user === name) ?? assert.fail();
      mustBeDone(await revokeGrant(first.store, first.workspaceId, id, admin));
    },
    answer: /needs site:on-call; ask admin$/,
  },
  {
    what: "a membership is removed",
    by: "group",
    change: (user) => leaveGroup(first.store, first.workspaceId, { group: "ops", user }, admin),
    answer: /needs site:on-call/,
  },
  {
    what: "a user is suspended",
    by: "group",
    change: (name) => suspendUser(first.store, first.workspaceId, name, admin),
    answer: /this account belongs to no active user/,
  },
  {
    what: "an identity is unlinked",
    by: "grant",
    change: (name) => unlinkIdentity(first.store, first.workspaceId, name, accountOf(name), admin),
    answer: /this account belongs to no active user/,
  },
  {
    what: "a role loses the permission",
    by: "group",
    change: () => changeOnCall({ add: [], remove: ["site:on-call"] }),
    answer: /needs site:on-call/,
    undo: () => changeOnCall({ add: ["site:on-call"], remove: [] }),
  },
  {
    what: "an operator adds a rule",
    by: "grant",
    async change() {
      const rule = { bundle: "web", command: "show", rule: 'web:show forbid because "not now"' };
      const wish = { ...rule, asksFor: [] };
      mustBeDone(await addOperatorRule(first.store, first.workspaceId, wish, admin));
    },
    answer: /denied, not now/,
    async undo() {
      const { rows } = await owner.query("select id from operator_rules");
      mustBeDone(await removeOperatorRule(first.store, first.workspaceId, rows[0].id, admin));
    },
  },
  {
    what: "the workspace's permission is removed",
    by: "grant",
    change: () => removePermission(first.store, first.workspaceId, "site:on-call", admin),
    answer: /needs site:on-call/,
    undo: async () => {
      await declare();
      await changeOnCall({ add: ["site:on-call"], remove: [] });
    },
  },
];

async function changeOnCall(change: { add: string[]; remove: string[] }) {
  const { store, workspaceId } = first;
  mustBeDone(await changeRole(store, workspaceId, "On call", change, DECLARED, admin));
}

describe("from the next invocation on, on every bot, it counts that", () => {
  test.each(CHANGES)("$what", async ({ by, change, answer, undo }) => {
    const name = await addUser(by);
    const before = [await saidBy(name, first), await saidBy(name, second)];

    await change(name);
    const after = [await saidBy(name, second), await saidBy(name, first)];
    await undo?.();

    assert.deepEqual(before, ["shown\n", "shown\n"]);
    for (const said of after) assert.match(said, answer);
    if (undo) assert.equal(await saidBy(name, second), "shown\n");
  });

  test("an API token is deleted", async () => {
    const { store, workspaceId } = first;
    const token = await issueToken(store, workspaceId, admin.userId, "test");
    const ask = async ({ apiAddress }: TestBot) => {
      const headers = { authorization: `Bearer ${token}` };
      return (await fetch(`${apiAddress}/api/v1/whoami`, { headers })).status;
    };
    const before = [await ask(first), await ask(second)];

    await store.inWorkspace(workspaceId, async (db) => {
      await db.delete(apiTokens).where(eq(apiTokens.hash, hashToken(token)));
      await db.delete(tokenLookup).where(eq(tokenLookup.hash, hashToken(token)));
    });
    const after = [await ask(second), await ask(first)];

    assert.deepEqual(before, [200, 200]);
    assert.deepEqual(after, [401, 401]);
  });
});

test("where the version cannot be read, nothing is decided and nothing runs", async () => {
  const name = await addUser("grant");
  const before = await saidBy(name, second);
  const count = async () => (await owner.query("select count(*) from invocations")).rows[0].count;
  const recorded = await count();

  await owner.query("revoke select on workspaces from aldis_app");
  const said = await saidBy(name, second).finally(() =>
    owner.query("grant select on workspaces to aldis_app"),
  );

  assert.equal(before, "shown\n");
  expect(said).toContain("nothing was run");
  assert.equal(await count(), recorded);
});
