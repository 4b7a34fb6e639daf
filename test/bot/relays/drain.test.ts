import assert from "node:assert/strict";
import { afterAll, beforeAll, test } from "vitest";
import { announceChange } from "../../../bot/relays/changes.ts";
import { changeRelay, type RelayAction } from "../../../bot/relays/life.ts";
import { startTestBot, type TestBot } from "../../support/bot.ts";
import { type NativeRelay, startNativeRelay } from "../../support/native-relay.ts";
import { waitFor } from "../../support/wait.ts";

let bot: TestBot;
let relay: NativeRelay;

beforeAll(async () => {
  bot = await startTestBot();
  relay = await startNativeRelay(bot);
});

afterAll(async () => {
  await relay.stop();
  await bot.close();
});

async function become(action: RelayAction) {
  const [known] = bot.dispatch.registry.list(bot.workspaceId);
  assert.ok(known);
  const account = { adapter: "console", installation: "local", providerUser: bot.consoleUser };
  const { caller } = await bot.views.read(bot.workspaceId, account);
  const actor = { userId: caller?.userId ?? "", method: "test" };
  const outcome = await changeRelay(bot.store, bot.workspaceId, known.id, action, actor);
  if (outcome.ok && outcome.changed) await announceChange(bot.dispatch);
  return { outcome, known };
}

test("a relay that is drained ends what it has, takes nothing more, and takes it when resumed", async () => {
  const { line, mark } = relay.command();
  const { known } = await become("drain");
  await waitFor(() => known.presence?.draining, { what: "the relay to say that it is drained" });
  const waiting = bot.say(line);
  await waitFor(() => waiting.states.includes("waiting"));
  const ranWhileDrained = await relay.timesRun(mark);

  await become("resume");
  await waiting.done;

  assert.equal(ranWhileDrained, 0);
  assert.equal(waiting.end?.state, "succeeded");
  assert.equal(await relay.timesRun(mark), 1);
});

test("draining twice is recorded once, and what is suspended is not drained", async () => {
  const first = await become("drain");
  const again = await become("drain");
  await become("suspend");
  const suspended = await become("drain");
  await become("resume");

  assert.ok(first.outcome.ok && first.outcome.changed);
  assert.ok(again.outcome.ok && !again.outcome.changed);
  assert.ok(!suspended.outcome.ok);
  assert.match(suspended.outcome.message, /resume it first/);
});

test("a suspended relay is offered nothing and still speaks for what it runs", async () => {
  const { known } = await become("suspend");
  const heard = known.presence?.number ?? 0;
  const waiting = bot.say(relay.command().line);
  await waitFor(() => waiting.states.includes("waiting"));
  await waitFor(() => (known.presence?.number ?? 0) > heard, { what: "its next presence" });

  assert.ok(bot.dispatch.registry.isReachable(known));
  await become("resume");
  await waiting.done;
  assert.equal(waiting.end?.state, "succeeded");
});
