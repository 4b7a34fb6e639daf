import assert from "node:assert/strict";
import pg from "pg";
import { afterAll, afterEach, beforeAll, test } from "vitest";
import { changePolicy, EVERY_BUNDLE } from "../../../bot/relays/policy.ts";
import { DEMO, startTestBot, type Talk, type TestBot } from "../../support/bot.ts";
import { waitFor } from "../../support/wait.ts";
import { mustBeDone } from "../access/people.ts";
import { selectorFrom } from "./small-relay.ts";

const WEB = `
aldis_bundle_version: 1
name: web
version: 1.0.0
description: A web site.
commands:
  show:
    description: Shows.
    executable: [/bin/echo]
    native: true
    rules: [allow]
    relay: { selector: { tags: { env: [prod, dev] }, preferred: { env: dev } } }
`;

let bot: TestBot;
let owner: pg.Pool;
let admin: { userId: string; method: string };

beforeAll(async () => {
  // Some still wait at the end.
  bot = await startTestBot({ env: { ALDIS_STOP_DEADLINE: "100ms" } });
  await bot.install(DEMO);
  await bot.install(WEB);
  await bot.relay("dev-1", { tags: { env: "dev" }, runsEverything: true });
  await bot.relay("prod-1", { tags: { env: "prod" }, runsEverything: true });
  owner = new pg.Pool({ connectionString: bot.database.ownerUrl });
  const { rows } = await owner.query("select id from users where name = 'admin'");
  admin = { userId: rows[0].id, method: "test" };
});

afterEach(async () => {
  for (const bundle of [EVERY_BUNDLE, "web"]) await set(undefined, bundle);
});

afterAll(async () => {
  await owner.end();
  await bot.close();
});

/** As another bot does it: this one is not told. */
async function set(text: string | undefined, bundle = EVERY_BUNDLE): Promise<void> {
  const selector = text === undefined ? undefined : selectorFrom(text);
  mustBeDone(await changePolicy(bot.store, bot.workspaceId, { bundle, selector }, admin));
}

async function executionOf({ executionId }: Talk) {
  const { rows } = await owner.query(
    `select e.spec, e.state, e.reason, r.name as relay from executions e
      left join relays r on r.id = e.relay_id where e.id = $1`,
    [executionId],
  );
  return rows[0];
}

async function ranOn(text: string): Promise<string> {
  const talk = bot.say(text);
  await talk.done;
  return (await executionOf(talk)).relay;
}

test("keeps whatever it does not match from the very next command on, and no longer than it is set", async () => {
  const before = await ranOn("!web:show");
  await set("env=prod");
  const under = await Promise.all(["!web:show", "!echo x", "!web:show"].map(ranOn));
  await set(undefined);
  const after = await ranOn("!web:show");

  assert.deepEqual([before, ...under, after], ["dev-1", "prod-1", "prod-1", "prod-1", "dev-1"]);
});

test("of one bundle is asked beside that of all", async () => {
  await set("env=prod", "web");
  const web = await ranOn("!web:show");
  const echo = await Promise.all(["!echo a", "!echo b"].map(ranOn));
  await set("env=dev");
  const talk = bot.say("!web:show");
  await waitFor(() => talk.states.includes("waiting"));
  const both = await executionOf(talk);

  assert.equal(web, "prod-1");
  assert.ok(echo.includes("dev-1"), "the other bundle is free to run anywhere");
  assert.deepEqual(both.spec.selector.tags.env, []);
  assert.equal(both.reason, "no relay can match: of env, no value is left that all ask for");
});

test("is part of what waits, and of what the MAC is over", async () => {
  await set("env=test");
  const [honest, forged] = ["!echo honest", "!echo forged"].map((text) => bot.say(text));
  assert.ok(honest && forged);
  await waitFor(() => honest.states.includes("waiting") && forged.states.includes("waiting"));
  await owner.query(
    `update executions set spec = (spec::jsonb #- '{selector,tags,env}')::json where id = $1`,
    [forged.executionId],
  );
  await set(undefined);
  await bot.relay("test-1", { tags: { env: "test" }, runsEverything: true });
  await honest.done;

  assert.equal((await executionOf(honest)).relay, "test-1");
  assert.equal((await executionOf(forged)).state, "queued");
  const { rowCount } = await owner.query(
    "select from audit_events where kind = 'execution.forged' and object = $1",
    [`execution:${forged.executionId}`],
  );
  assert.equal(rowCount, 1);
});

test("that cannot be read lets nothing run", async () => {
  await set("env=prod");
  await owner.query("update relay_policies set selector = 'env prod'");
  const talk = bot.say("!echo x");
  await waitFor(() => talk.states.includes("waiting"));

  assert.deepEqual((await executionOf(talk)).spec.selector.tags, { "readable-policy": [] });
});
