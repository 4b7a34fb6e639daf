import assert from "node:assert/strict";
import pg from "pg";
import { afterAll, afterEach, beforeAll, describe, test } from "vitest";
import { uuidv7 } from "../../../relay/wire/ids.ts";
import { DEMO, startTestBot, type TestBot } from "../../support/bot.ts";
import type { ScriptedRelay } from "../../support/scripted-relay.ts";
import { waitFor } from "../../support/wait.ts";

/** People, relays and bundles may be taken away while something of theirs is under way. */
let bot: TestBot;
let owner: pg.Client;
let relay: ScriptedRelay;

const QUICK = `
aldis_bundle_version: 1
name: quick
version: 1.0.0
description: Is soon given up.
commands:
  hang:
    description: Never ends.
    executable: [/bin/true]
    native: true
    lost_after: 1s
    rules: [allow]
  tagged:
    description: Hangs on a tag.
    executable: [/bin/true]
    native: true
    rules: ['with relay.tag["role"] == "web" allow']
`;

const BOB = { adapter: "console", installation: "local", providerUser: "bob" };

beforeAll(async () => {
  bot = await startTestBot({ env: { ALDIS_DISPATCH_RELAY_SILENCE: "500ms" } });
  await bot.install(DEMO);
  await bot.install(QUICK);
  owner = new pg.Client(bot.database.ownerUrl);
  await owner.connect();
});

afterEach(async () => {
  relay.stop();
  const talk = bot.say("!ps --all");
  await talk.done;
  assert.match(talk.text(), /demo:|quick:/);
});

afterAll(async () => {
  await owner.end();
  await bot.close();
});

async function addBob(): Promise<string> {
  const id = uuidv7();
  await owner.query("insert into users (workspace_id, id, name) values ($1, $2, 'bob')", [
    bot.workspaceId,
    id,
  ]);
  await owner.query(
    `insert into identities (workspace_id, adapter, installation, provider_user, user_id)
     values ($1, 'console', 'local', 'bob', $2)`,
    [bot.workspaceId, id],
  );
  return id;
}

async function offered(text: string) {
  const talk = bot.say(text, { caller: BOB });
  const offer = await waitFor(() => relay.offers.at(-1), { what: "the offer" });
  return { talk, about: { executionId: offer.spec.executionId, attempt: offer.attempt } };
}

async function stateOf(executionId: string): Promise<string | undefined> {
  const { rows } = await owner.query<{ state: string }>(
    "select state from executions where id = $1",
    [executionId],
  );
  return rows[0]?.state;
}

describe("while a command runs", () => {
  test("its user is removed: it ends as it would, and that is told", async () => {
    const bob = await addBob();
    relay = await bot.relay("first");
    const { talk, about } = await offered("!demo:echo hi");
    await relay.claim(about);

    await owner.query("delete from users where id = $1", [bob]);
    await relay.sendOutput(about, 0, "hi\n");
    await relay.sendResult(about, { outputLength: 8 });
    await talk.done;

    assert.equal(talk.end?.state, "succeeded");
    const next = bot.say("!demo:echo hi", { caller: BOB });
    await next.done;
    assert.match(next.text(), /this account belongs to no active user/);
  });

  test("its relay is removed: it becomes unknown, and that is told", async () => {
    const bob = await addBob();
    relay = await bot.relay("second");
    const { talk, about } = await offered("!quick:hang");
    await relay.claim(about);

    await owner.query("delete from relays where id = $1", [relay.id]);
    await bot.dispatch.registry.refresh();
    relay.patienceMs = 100;
    await assert.rejects(relay.sendResult(about));
    await talk.done;

    assert.equal(talk.end?.state, "unknown");
    assert.equal(await stateOf(about.executionId), "unknown");
    await owner.query("delete from users where id = $1", [bob]);
  });
});

describe("before a command begins", () => {
  test("its relay is removed: it is not permitted there, and another runs it", async () => {
    const bob = await addBob();
    relay = await bot.relay("third");
    const { talk, about } = await offered("!demo:echo hi");

    await owner.query("update relays set state = 'removed' where id = $1", [relay.id]);
    const permit = await relay.claim(about);
    assert.equal(permit.granted, false);
    await bot.dispatch.registry.refresh();
    relay.stop();
    await owner.query("select requeue_execution($1, $2, 1, 'removed')", [
      bot.workspaceId,
      about.executionId,
    ]);
    relay = await bot.relay("fourth", { runsEverything: true });
    await talk.done;

    assert.equal(talk.end?.state, "succeeded");
    await owner.query("delete from users where id = $1", [bob]);
  });

  test("its bundle and its user are removed while it waits: it runs by the rules of then", async () => {
    const bob = await addBob();
    relay = await bot.relay("fifth", { tags: { role: "db" }, runsEverything: true });
    const talk = bot.say("!quick:tagged", { caller: BOB });
    await waitFor(() => talk.states.includes("waiting"), { what: "the execution to wait" });

    await owner.query("delete from bundles where name = 'quick'");
    await owner.query("delete from users where id = $1", [bob]);
    const web = await bot.relay("sixth", { tags: { role: "web" }, runsEverything: true });
    await talk.done;
    web.stop();

    assert.equal(talk.end?.state, "succeeded");
    assert.deepEqual([relay.offers.length, web.offers.length], [0, 1]);
  });
});
