import assert from "node:assert/strict";
import { afterAll, beforeAll, test } from "vitest";
import { openAuditHead } from "../../../relay/wire/audit-head.ts";
import { readVerifyingKey } from "../../../relay/wire/keys.ts";
import { DEMO, startTestBot, type TestBot } from "../../support/bot.ts";
import { waitFor } from "../../support/wait.ts";

let bot: TestBot;

beforeAll(async () => {
  bot = await startTestBot({ env: { ALDIS_AUDIT_LINK_INTERVAL: "20ms" } });
  await bot.install(DEMO);
});

afterAll(() => bot.close());

test("a bot links what it records, and its receipts take the signed head to the relay", async () => {
  const relay = await bot.relay("first");
  relay.runEverything();
  await waitFor(() => bot.dispatch.auditHead(bot.workspaceId));

  const talk = bot.say("!demo:echo hello");
  await talk.done;
  const { executionId = "" } = talk;
  await relay.sendResult({ executionId, attempt: 1 });
  const { head = "" } = relay;

  const { key } = bot.dispatch;
  const keys = new Map([[key.kid, readVerifyingKey(key.publicJwk)]]);
  const opened = await openAuditHead(head, keys);
  assert.ok(opened.ok);
  assert.equal(opened.head.workspace, bot.workspaceId);
  assert.ok(opened.head.number > 0);
});

test("!audit shows the last lines to those who may, and is on record", async () => {
  const asked = bot.say("!audit --command aldis:whoami");
  await asked.done;
  const whoami = bot.say("!whoami");
  await whoami.done;
  const shown = bot.say("!audit --command aldis:whoami");
  await shown.done;
  const reads = bot.say("!audit");
  await reads.done;
  const stranger = bot.say("!audit", {
    caller: { adapter: "console", installation: "local", providerUser: "nobody" },
  });
  await stranger.done;

  assert.match(asked.text(), /nothing like that is on record/);
  assert.match(shown.text(), /!whoami/);
  assert.match(reads.text(), /audit\.read/);
  assert.doesNotMatch(stranger.text(), /whoami|audit\.read/);
  assert.equal(stranger.answers[0]?.tone, "problem");
});
