import assert from "node:assert/strict";
import pg from "pg";
import { onTestFinished, test } from "vitest";
import { addOperatorRule, removeOperatorRule } from "../../../bot/access/operator-rules.ts";
import { startTestBot } from "../../support/bot.ts";
import { waitFor } from "../../support/wait.ts";
import { mustBeDone } from "../access/people.ts";

const WEB = `
aldis_bundle_version: 1
name: web
version: 1.0.0
description: A web site.
commands:
  guarded:
    executable: [/bin/echo, guarded]
    native: true
    options: {}
    rules: [allow]
  open:
    executable: [/bin/echo, open]
    native: true
    options: {}
    rules: [allow]
`;

test("what waits for a relay keeps the rules that it was decided under", async () => {
  const bot = await startTestBot();
  onTestFinished(() => bot.close());
  const owner = new pg.Client(bot.database.ownerUrl);
  await owner.connect();
  onTestFinished(() => owner.end());
  await bot.install(WEB);
  const { rows } = await owner.query("select id from users where name = 'admin'");
  const admin = { userId: rows[0].id, method: "test" };
  const rule = 'web:guarded with relay.tag["region"] != "eu" forbid';
  const wish = { bundle: "web", command: "guarded", rule, asksFor: [] };
  const { value } = mustBeDone(await addOperatorRule(bot.store, bot.workspaceId, wish, admin));
  const relayOf = async (executionId: string | undefined) => {
    const found = await owner.query(
      "select r.name from executions e join relays r on r.id = e.relay_id where e.id = $1",
      [executionId],
    );
    return found.rows[0]?.name;
  };

  const guarded = bot.say("!web:guarded");
  const open = bot.say("!web:open");
  await waitFor(() => guarded.executionId !== undefined && open.executionId !== undefined);
  mustBeDone(await removeOperatorRule(bot.store, bot.workspaceId, value.id, admin));
  await bot.relay("us-1", { tags: { region: "us" }, runsEverything: true });
  await open.done;
  await bot.relay("eu-1", { tags: { region: "eu" }, runsEverything: true });
  await guarded.done;

  assert.equal(open.output, "open\n");
  assert.equal(await relayOf(open.executionId), "us-1");
  assert.equal(guarded.output, "guarded\n");
  assert.equal(await relayOf(guarded.executionId), "eu-1");
});
