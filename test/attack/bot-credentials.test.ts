import assert from "node:assert/strict";
import type { NatsConnection } from "nats";
import { describe, test } from "vitest";
import { fromBot, signAsBot } from "../../relay/wire/envelope.ts";
import { claimedType } from "../../relay/wire/jws.ts";
import { downTo, replyFrom } from "../../relay/wire/subjects.ts";
import { audible } from "../support/guarded-nats.ts";
import { newKey, specOf } from "../support/scripted-bot.ts";
import { waitFor } from "../support/wait.ts";
import { type RelayOnNats, startRelayOnNats } from "./relay-on-nats.ts";

const LONG = ["sh", "-c", "echo ready; exec sleep 30"];
const stranger = newKey();

/** One of everything that a bot can say, as it was said once. */
async function honestRun({ bot }: RelayOnNats): Promise<void> {
  const ran = specOf(["echo", "hello"]);
  await bot.offer(ran);
  await waitFor(() => bot.resultOf(ran.executionId));
  const cancelled = specOf(LONG);
  await bot.offer(cancelled);
  await waitFor(() => bot.output(cancelled.executionId).stdout === "ready\n");
  await bot.cancel(cancelled.executionId);
  await waitFor(() => bot.resultOf(cancelled.executionId));
  for (const draining of [true, false]) {
    const body = { nonce: `${draining}`, draining };
    bot.send(await signAsBot(bot.key, fromBot.drain, bot.addressing(), body));
    await waitFor(() => bot.presences.at(-1)?.draining === draining);
  }
  bot.send(Buffer.from(await bot.keyListJws({ number: 2 })));
  await waitFor(() => bot.presences.at(-1)?.keyListNumber === 2);
}

function payloadsOf({ recorded }: RelayOnNats, typ: string): Uint8Array[] {
  return recorded
    .map(({ payload }) => payload)
    .filter((payload) => claimedType(Buffer.from(payload).toString("latin1")) === typ);
}

/** Says everything again that was ever said, and where the relay listens. */
async function replayAll(stage: RelayOnNats): Promise<void> {
  const { mallory, relayId } = stage;
  const reply = replyFrom(relayId, "mallory", "x");
  for (const { payload } of [...stage.recorded]) {
    mallory.publish(downTo(relayId), payload, { reply });
  }
  await mallory.flush();
}

/** Answers every question of the relay, before any bot does, with each of these. */
async function answerAll(
  mallory: NatsConnection,
  subject: string,
  answers: readonly Uint8Array[],
): Promise<() => void> {
  let turn = 0;
  const subscription = mallory.subscribe(subject, {
    callback(_, { reply }) {
      const answer = answers[turn++ % answers.length];
      if (reply && answer) mallory.publish(reply, answer);
    },
  });
  await mallory.flush();
  return () => subscription.unsubscribe();
}

function reasons({ refusals }: RelayOnNats, kind: string): Set<string> {
  return new Set(
    refusals()
      .filter((each) => each.kind === kind)
      .map(({ reason }) => reason),
  );
}

describe("whoever has all NATS credentials of the bot, and all that was ever said", () => {
  test("hears nothing that is for relays", async () => {
    const stage = await startRelayOnNats();
    const everybody = await stage.nats.connectAs({ pub: { allow: [">"] }, sub: { allow: [">"] } });
    const { relayId } = stage;
    const subjects = [
      [downTo(relayId), downTo(relayId)],
      ["aldis.down.>", downTo(relayId)],
      [`_INBOX.${relayId}.>`, `_INBOX.${relayId}.x`],
      [">", downTo(relayId)],
    ] as const;

    const heard = await audible(stage.mallory, everybody, subjects);
    const control = await audible(everybody, everybody, subjects);

    assert.deepEqual(heard, []);
    assert.equal(control.length, subjects.length);
  });

  test("runs nothing: neither by old offers nor by answering claims first", async () => {
    const stage = await startRelayOnNats();
    const { bot, mallory, relayId } = stage;
    await honestRun(stage);
    const claimed = bot.claims.length;
    const body = { nonce: "n", permits: [] };
    const forged = await signAsBot(stranger, fromBot.permit, bot.addressing(), body);
    bot.script.claim = () => "silent";
    const stop = await answerAll(mallory, `aldis.up.${relayId}.claim`, [
      ...payloadsOf(stage, fromBot.permit.typ),
      forged,
    ]);
    const spec = specOf(["true"]);

    await replayAll(stage);
    await bot.offer(spec);
    await waitFor(() => reasons(stage, fromBot.permit.typ).size === 2);
    const started = countOf(stage, "execution started");
    stop();
    bot.script.claim = () => ({ granted: true });
    const result = await waitFor(() => bot.resultOf(spec.executionId));

    assert.deepEqual(
      reasons(stage, fromBot.permit.typ),
      new Set(["another-question", "unknown-key"]),
    );
    assert.equal(started, 2);
    assert.equal(result.status, "succeeded");
    const others = bot.claims.slice(claimed).filter((c) => c.executionId !== spec.executionId);
    assert.deepEqual(others, []);
  });

  test("has nothing forgotten: old receipts confirm nothing, not even to the next life", async () => {
    const stage = await startRelayOnNats();
    const { bot, mallory, relayId } = stage;
    await honestRun(stage);
    bot.script.result = () => "silent";
    const receipts = payloadsOf(stage, fromBot.receipt.typ);
    const stop = await answerAll(mallory, `aldis.up.${relayId}.result`, receipts);
    const spec = specOf(["true"]);
    const sent = () => bot.results.filter((each) => each.executionId === spec.executionId);

    await bot.offer(spec);
    await waitFor(() => stage.refusals().length >= receipts.length);
    await waitFor(() => sent().length > receipts.length);
    await stage.restart();
    const before = sent().length;
    await waitFor(() => sent().length > before);
    stop();
    bot.script.result = () => "receipt";
    const kept = sent().length;
    await waitFor(() => sent().length > kept);
    await stage.restart();
    const after = sent().length;
    await bot.offer(specOf(["true"]));
    await waitFor(() => bot.results.at(-1)?.executionId !== spec.executionId);

    assert.deepEqual(new Set(sent().map(({ status }) => status)), new Set(["succeeded"]));
    assert.ok(reasons(stage, fromBot.receipt.typ).has("another-question"));
    assert.equal(sent().length, after);
  });

  test("cancels and drains nothing, and the honest bot does", async () => {
    const stage = await startRelayOnNats();
    const { bot, mallory, relayId } = stage;
    await honestRun(stage);
    const spec = specOf(LONG);
    const { executionId } = spec;
    await bot.offer(spec);
    await waitFor(() => bot.output(executionId).stdout === "ready\n");
    const to = bot.addressing();
    const cancels = [{ executionId, attempt: 1 }];
    const forged = [
      await signAsBot(stranger, fromBot.cancel, to, { cancels }),
      await signAsBot(stranger, fromBot.drain, to, { nonce: "forged", draining: true }),
    ];

    await replayAll(stage);
    for (const payload of forged) mallory.publish(downTo(relayId), payload);
    await waitFor(() => reasons(stage, fromBot.drain.typ).size === 2);
    await waitFor(() => reasons(stage, fromBot.cancel.typ).has("unknown-key"));
    const [result, presence] = [bot.resultOf(executionId), bot.presences.at(-1)];
    await bot.cancel(executionId);
    const after = await waitFor(() => bot.resultOf(executionId));

    assert.deepEqual(reasons(stage, fromBot.drain.typ), new Set(["replayed", "unknown-key"]));
    assert.equal(result, undefined);
    assert.equal(presence?.draining, false);
    assert.equal(after.status, "cancelled");
  });

  test("finds that nothing said to an earlier life counts in the next", async () => {
    const stage = await startRelayOnNats();
    const { bot } = stage;
    await honestRun(stage);
    await stage.restart();
    const [claims, results] = [bot.claims.length, bot.results.length];

    await replayAll(stage);
    await waitFor(() => reasons(stage, fromBot.drain.typ).size > 0);
    const spec = specOf(["true"]);
    await bot.offer(spec);
    await waitFor(() => bot.resultOf(spec.executionId));

    for (const { typ } of [fromBot.offer, fromBot.cancel, fromBot.drain]) {
      assert.deepEqual(reasons(stage, typ), new Set(["wrong-audience"]), typ);
    }
    assert.equal(bot.claims.length, claims + 1);
    assert.equal(bot.results.length, results + 1);
  });
});

function countOf({ logged }: RelayOnNats, text: string): number {
  return logged().split(text).length - 1;
}
