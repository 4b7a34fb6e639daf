import assert from "node:assert/strict";
import { inArray } from "drizzle-orm";
import { afterAll, beforeAll, test } from "vitest";
import { invocations } from "../../../../bot/store/schema.ts";
import { type NativeRelay, startNativeRelay } from "../../../support/native-relay.ts";
import { type SlackBot, startSlackBot } from "./slack-bot.ts";

let here: SlackBot;
let relay: NativeRelay;

beforeAll(async () => {
  here = await startSlackBot();
  relay = await startNativeRelay(here.bot);
});

afterAll(async () => {
  await relay.stop();
  await here.close();
});

test("from a message to a process on a relay and back into the thread, once", async () => {
  const { line, mark } = relay.command();

  const { ts } = here.slack.people.say(line);
  const { text, code } = await here.shows(ts, "succeeded");

  assert.match(text, /probe:mark · succeeded with exit code 0 on native after/);
  assert.deepEqual(code, [`marked ${mark}`]);
  assert.equal(await relay.timesRun(mark), 1);
});

test("what somebody of no account types runs nothing", async () => {
  const { line, mark } = relay.command();
  const before = here.slack.team.whispers.length;

  const { ts } = here.slack.people.say(line, { user: "U0EVE" });
  const whisper = await here.whisper(before);

  const { bot } = here;
  const recorded = await bot.store.inWorkspace(bot.workspaceId, (db) =>
    db
      .select()
      .from(invocations)
      .where(inArray(invocations.messageId, [ts])),
  );
  assert.match(whisper, /belongs to no active user/);
  assert.deepEqual(
    recorded.map(({ adapter, decision, providerUser }) => [adapter, decision, providerUser]),
    [["slack", "deny", "U0EVE"]],
  );
  assert.equal(await relay.timesRun(mark), 0);
});
