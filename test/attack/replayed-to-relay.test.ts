import assert from "node:assert/strict";
import { describe, test } from "vitest";
import { fromBot, fromRelay, signAsBot } from "../../relay/wire/envelope.ts";
import { downTo, inboxOf, replyFrom } from "../../relay/wire/subjects.ts";
import { specOf } from "../support/scripted-bot.ts";
import { waitFor } from "../support/wait.ts";
import { type AttackedRelay, startAttackedRelay } from "./attacked-relay.ts";
import { sign } from "./forgeries.ts";

const LONG = ["sh", "-c", "echo ready; exec sleep 30"];

interface Heard {
  subject: string;
  payload: Uint8Array;
}

/** Keeps all that is said to the relay from now on. */
function record({ wire, relayId }: AttackedRelay): Heard[] {
  const heard: Heard[] = [];
  const ear = wire.connect({ onError: () => {} });
  for (const subject of [downTo(relayId), `${inboxOf(relayId)}.>`]) {
    ear.subscribe(subject, {}, (message) => {
      heard.push({ subject: message.subject, payload: message.payload });
    });
  }
  return heard;
}

function ofKind(heard: readonly Heard[], typ: string): Uint8Array[] {
  return heard
    .map(({ payload }) => payload)
    .filter((payload) => {
      const [head = ""] = Buffer.from(payload).toString("latin1").split(".");
      return JSON.parse(Buffer.from(head, "base64url").toString()).typ === typ;
    });
}

/** Answers the next question of this kind with these bytes, and later ones honestly. */
function answerOnce({ bot }: AttackedRelay, kind: string, payload: Uint8Array | undefined): void {
  assert.ok(payload);
  let isFirst = true;
  bot.script.forge = (typ) => {
    if (typ !== kind || !isFirst) return undefined;
    isFirst = false;
    return Promise.resolve(payload);
  };
}

/** The relay has run this to its end, and nobody has anything more to say about it. */
async function settled({ bot, logged }: AttackedRelay, argv: string[]) {
  const spec = specOf(argv);
  const offers = [{ attempt: 1, spec }];
  const offer = await signAsBot(bot.key, fromBot.offer, bot.addressing(), { offers });
  await bot.ask(offer, fromRelay.offerAnswer);
  await waitFor(() => bot.resultOf(spec.executionId));
  await waitFor(() => bot.presences.at(-1)?.running === 0);
  await waitFor(() => logged().includes("execution ended"));
  return { spec, offer };
}

describe("what was once true, said again", () => {
  test("an old permit starts nothing anew; the new one does", async () => {
    const relay = await startAttackedRelay();
    const { bot } = relay;
    const heard = record(relay);
    await settled(relay, ["true"]);
    const spec = specOf(["true"]);
    answerOnce(relay, fromBot.permit.typ, ofKind(heard, fromBot.permit.typ)[0]);

    await bot.offer(spec);
    await relay.refused(fromBot.permit.typ, "another-question");
    const result = await waitFor(() => bot.resultOf(spec.executionId));

    assert.equal(result.status, "succeeded");
    assert.equal(bot.claims.filter((c) => c.executionId === spec.executionId).length, 2);
  });

  test("an old permit does not start what the bot has refused since", async () => {
    const relay = await startAttackedRelay();
    const { bot } = relay;
    const heard = record(relay);
    const spec = specOf(["true"]);
    let answers = 0;
    bot.script.claim = () => ({ granted: ++answers === 1 });
    bot.script.forge = (typ, body) =>
      typ === fromBot.permit.typ && answers === 1
        ? sign(relay, typ, { ...body, nonce: "never asked" })
        : undefined;

    await bot.offer(spec);
    await relay.refused(fromBot.permit.typ, "another-question");
    await waitFor(() => relay.logged().includes("permit refused"));

    // The old one and the refusal; more where a slow relay has asked again.
    assert.ok(ofKind(heard, fromBot.permit.typ).length >= 2);
    assert.equal(bot.resultOf(spec.executionId)?.status ?? "not-begun", "not-begun");
    assert.ok(!relay.logged().includes("execution started"));
  });

  test.each(["result", "output"])("an old receipt confirms no other %s", async (of) => {
    const relay = await startAttackedRelay();
    const { bot } = relay;
    const heard = record(relay);
    await settled(relay, ["echo", "first"]);
    const isIt = (payload: Uint8Array) => {
      const [, body = ""] = Buffer.from(payload).toString("latin1").split(".");
      return JSON.parse(Buffer.from(body, "base64url").toString()).receipts[0].of === of;
    };
    const old = await waitFor(() => ofKind(heard, fromBot.receipt.typ).find(isIt));
    answerOnce(relay, fromBot.receipt.typ, old);
    // A command without output asks for one receipt only, that of its result.
    const spec = specOf(of === "result" ? ["true"] : ["echo", "second"]);
    const { executionId } = spec;

    await bot.offer(spec);
    await relay.refused(fromBot.receipt.typ, "another-question");
    await waitFor(() => bot.resultOf(executionId));
    const asked = () =>
      of === "result"
        ? bot.results.filter((each) => each.executionId === executionId)
        : bot.pieces.filter(({ head }) => head.executionId === executionId);

    await waitFor(() => asked().length === 2, { what: `the ${of}, sent again` });
  });

  test("an old offer starts nothing again after its attempt was settled; a new one does", async () => {
    const relay = await startAttackedRelay();
    const { bot } = relay;
    const { spec, offer } = await settled(relay, ["true"]);

    await bot.ask(offer, fromRelay.offerAnswer);
    await waitFor(() => relay.logged().includes("offer repeated"));
    const next = await settled(relay, ["true"]);

    const claims = bot.claims.map(({ executionId }) => executionId);
    assert.deepEqual(claims, [spec.executionId, next.spec.executionId]);
  });

  test("an old cancel ends no later attempt; one of its own does", async () => {
    const relay = await startAttackedRelay();
    const { bot } = relay;
    const heard = record(relay);
    const spec = specOf(LONG, { delivery: "at-least-once" });
    const { executionId } = spec;
    const results = () => bot.results.filter((each) => each.executionId === executionId);
    const isRunning = (attempt: number) => () =>
      bot.pieces.some(({ head }) => head.executionId === executionId && head.attempt === attempt);
    await bot.offer(spec, 1);
    await waitFor(isRunning(1));
    await bot.cancel(executionId, 1);
    await waitFor(() => results().length === 1);
    await bot.offer(spec, 2);
    await waitFor(isRunning(2));

    for (const old of ofKind(heard, fromBot.cancel.typ)) bot.send(old);
    await bot.ask(
      await sign(relay, fromBot.challenge.typ, { nonce: "after it" }),
      fromRelay.challengeAnswer,
    );
    const before = results().length;
    await bot.cancel(executionId, 2);
    await waitFor(() => results().length === 2);

    assert.equal(before, 1);
    assert.equal(results()[1]?.status, "cancelled");
  });

  test("an old drain does not drain what takes offers again; a new one does", async () => {
    const relay = await startAttackedRelay();
    const { bot } = relay;
    const { typ } = fromBot.drain;
    const old = await sign(relay, typ, { nonce: "first", draining: true });
    bot.send(old);
    await waitFor(() => bot.presences.at(-1)?.draining);
    bot.send(await sign(relay, typ, { nonce: "second", draining: false }));
    await waitFor(() => bot.presences.at(-1)?.draining === false);

    bot.send(old);
    await relay.refused(typ, "replayed");
    const before = await bot.offer(specOf(["true"]));
    bot.send(await sign(relay, typ, { nonce: "third", draining: true }));
    await waitFor(() => bot.presences.at(-1)?.draining);
    const after = await bot.offer(specOf(["true"]));

    assert.equal(before.refusal, undefined);
    assert.equal(after.refusal?.code, "draining");
  });
});

test("all that was said to one life of a relay is nothing to the next", async () => {
  const relay = await startAttackedRelay();
  const { bot, relayId } = relay;
  const heard = record(relay);
  await settled(relay, ["echo", "hello"]);
  await bot.cancel(bot.claims[0]?.executionId ?? "");
  bot.send(await sign(relay, fromBot.drain.typ, { nonce: "n", draining: true }));
  await waitFor(() => bot.presences.at(-1)?.draining);
  const old = [...heard];
  await relay.crash();
  await relay.start();
  const refusedBefore = relay.refusals().length;

  const mallory = relay.wire.connect({ onError: () => {} });
  mallory.subscribe(replyFrom(relayId, "mallory", "*"), {}, () => {});
  for (const { payload } of old) mallory.publish(downTo(relayId), payload);
  await waitFor(() => relay.refusals().length >= refusedBefore + old.length);
  const spec = specOf(["true"]);
  await bot.offer(spec);
  const result = await waitFor(() => bot.resultOf(spec.executionId));

  assert.equal(result.status, "succeeded");
  assert.equal(bot.presences.at(-1)?.draining, false);
  assert.equal(bot.claims.length, 2);
  await mallory.stop();
});
