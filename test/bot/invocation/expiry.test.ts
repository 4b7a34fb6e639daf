import assert from "node:assert/strict";
import pg from "pg";
import { afterAll, afterEach, beforeAll, test, vi } from "vitest";
import type { Actor } from "../../../bot/access/change.ts";
import { grantRole } from "../../../bot/access/grants.ts";
import { linkIdentity } from "../../../bot/access/identities.ts";
import { createUser } from "../../../bot/access/users.ts";
import { recordInvocation } from "../../../bot/audit/record.ts";
import { uuidv7 } from "../../../relay/wire/ids.ts";
import { startTestBot, type TestBot } from "../../support/bot.ts";
import { waitFor } from "../../support/wait.ts";
import { mustBeDone } from "../access/people.ts";

let bot: TestBot;
let owner: pg.Client;
let admin: Actor;

beforeAll(async () => {
  bot = await startTestBot();
  owner = new pg.Client(bot.database.ownerUrl);
  await owner.connect();
  const { rows } = await owner.query("select id from users where name = 'admin'");
  admin = { userId: rows[0].id, method: "test" };
});

afterEach(() => {
  vi.useRealTimers();
});

afterAll(async () => {
  await owner.end();
  await bot.close();
});

/** Somebody who may list relays for so long. */
async function addViewer(name: string, forMs: number) {
  const { store, workspaceId } = bot;
  const account = { adapter: "console", installation: "local", providerUser: name };
  mustBeDone(await createUser(store, workspaceId, { name }, admin));
  mustBeDone(await linkIdentity(store, workspaceId, name, account, admin));
  const wish = { role: "Viewer", to: { user: name }, term: { forMs }, reason: "" };
  const { value } = mustBeDone(await grantRole(store, workspaceId, wish, admin));
  return { account, expiresAt: value.expiresAt ?? assert.fail("it does not expire") };
}

async function passed(moment: Date): Promise<void> {
  await waitFor(async () => {
    const { rows } = await owner.query("select clock_timestamp() > $1 as passed", [moment]);
    return rows[0].passed;
  });
}

/** A bot whose clock goes wrong by so much; timers go on as they are. */
function clockIsOff(byMs: number): void {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + byMs, shouldAdvanceTime: false });
}

async function listing(caller: { adapter: string; installation: string; providerUser: string }) {
  const talk = bot.say("!relay list", { caller });
  await talk.done;
  return talk.text();
}

test("a grant that expires between the view and the record gives a denial, not a run", async () => {
  const { account, expiresAt } = await addViewer("slow", 2_000);
  const view = await bot.views.read(bot.workspaceId, account);
  await passed(expiresAt);
  clockIsOff(-3_600_000);
  const cached = await bot.views.read(bot.workspaceId, account);

  const recorded = await recordInvocation(bot.store, {
    workspaceId: bot.workspaceId,
    decidedUnder: cached.accessVersion,
    goodUntil: cached.caller?.goodUntil,
    invocation: {
      id: uuidv7(),
      messageId: uuidv7(),
      textMac: "",
      channel: "console",
      decision: "allow",
      ...account,
    },
    detail: {},
  });
  const said = await listing(account);

  assert.ok(view.caller?.permissions.has("site:relays-read"));
  assert.ok(cached.caller?.permissions.has("site:relays-read"), "this bot believes it still holds");
  assert.equal(recorded, "stale");
  assert.match(said, /needs site:relays-read/);
});

test("a bot whose clock is fast does not end it early", async () => {
  const { account } = await addViewer("fast", 1_800_000);
  const before = await listing(account);

  clockIsOff(3_600_000);
  const after = await listing(account);

  assert.doesNotMatch(before, /denied/);
  assert.equal(after, before);
});

test("what has expired is gone though nothing has changed since", async () => {
  const { account, expiresAt } = await addViewer("exact", 2_000);
  const before = await listing(account);

  await passed(expiresAt);
  const after = await listing(account);

  assert.doesNotMatch(before, /denied/);
  assert.match(after, /needs site:relays-read/);
});
