import assert from "node:assert/strict";
import { afterAll, beforeAll, test } from "vitest";
import type { ExecutionStore } from "../../../bot/dispatch/execution-store.ts";
import { startSweep } from "../../../bot/dispatch/sweep.ts";
import { decideOnRelay } from "../../../bot/invocation/relay-rules.ts";
import { DEMO, startTestBot, type TestBot } from "../../support/bot.ts";
import { withClient } from "../../support/postgres-cluster.ts";
import { waitFor } from "../../support/wait.ts";

let bot: TestBot;

beforeAll(async () => {
  bot = await startTestBot();
  await bot.install(DEMO);
});

afterAll(() => bot.close());

async function forgeries(): Promise<number> {
  const text = "select from audit_events where kind = 'execution.forged'";
  const { rowCount } = await withClient(bot.database.ownerUrl, (client) => client.query(text));
  return rowCount ?? 0;
}

test("what another bot starts while this one looks at the queue is no forgery", async () => {
  const relay = await bot.relay("only");
  const talk = bot.say("!echo once");
  const [first] = await waitFor(() => (relay.offers.length === 1 ? relay.offers : undefined));
  const executionId = first?.spec.executionId ?? assert.fail();
  await relay.claim({ executionId, attempt: 1 });
  await relay.announce({ draining: true });
  await waitFor(() => bot.dispatch.registry.find(relay.id)?.presence?.draining);
  await relay.sendResult({ executionId, attempt: 1 }, { status: "not-begun" });

  // Between the two readings of a second bot, the first one offers it, and the relay claims it.
  const started = Promise.withResolvers<void>();
  async function starts(...of: Parameters<ExecutionStore["starts"]>) {
    await relay.announce({ draining: false });
    await waitFor(() => relay.offers.length === 2);
    await relay.claim({ executionId, attempt: 2 });
    started.resolve();
    return bot.dispatch.executions.starts(...of);
  }
  const executions = { ...bot.dispatch.executions, starts };
  const timing = { intervalMs: 60_000, silenceMs: 60_000 };
  const second = startSweep({ ...bot.dispatch, ...timing, executions, decideOnRelay });
  await started.promise;
  await second.stop();
  const found = await forgeries();
  await relay.sendResult({ executionId, attempt: 2 });
  await talk.done;

  assert.equal(found, 0);
});
