import assert from "node:assert/strict";
import { describe, test } from "vitest";
import { fromBot, fromRelay, signAsBot } from "../../relay/wire/envelope.ts";
import { randomName, uuidv7 } from "../../relay/wire/ids.ts";
import { downTo, replyFrom } from "../../relay/wire/subjects.ts";
import { specOf } from "../support/scripted-bot.ts";
import { waitFor } from "../support/wait.ts";
import { type AttackedRelay, startAttackedRelay } from "./attacked-relay.ts";
import { forgeFirst, forgeries, sign } from "./forgeries.ts";

describe.each(forgeries)("a message $how", ({ reason, forge }) => {
  test("is no offer, and the honest one is", async () => {
    const relay = await startAttackedRelay();
    const { bot } = relay;
    const spec = specOf(["true"]);
    const forged = await forge(relay, fromBot.offer.typ, { offers: [{ attempt: 1, spec }] });

    const heard = await answersTo(relay, forged, () =>
      relay.refused(kindOf(fromBot.offer.typ, reason), reason),
    );
    const honest = await bot.offer(spec);
    await waitFor(() => bot.resultOf(spec.executionId));

    assert.equal(heard, 0);
    assert.equal(honest.refusal, undefined);
    assert.equal(bot.claims.length, 1);
  });

  test("cancels nothing, and the honest one does", async () => {
    const relay = await startAttackedRelay();
    const { bot } = relay;
    const executionId = await runningOn(relay);

    bot.send(await forge(relay, fromBot.cancel.typ, { cancels: [{ executionId, attempt: 1 }] }));
    await relay.refused(kindOf(fromBot.cancel.typ, reason), reason);
    const before = bot.resultOf(executionId);
    await bot.cancel(executionId);
    const after = await waitFor(() => bot.resultOf(executionId));

    assert.equal(before, undefined);
    assert.equal(after.status, "cancelled");
  });

  test("drains nothing, and the honest one does", async () => {
    const relay = await startAttackedRelay();
    const { bot } = relay;
    const drained = (nonce: string) => ({ nonce, draining: true });

    bot.send(await forge(relay, fromBot.drain.typ, drained("forged")));
    await relay.refused(kindOf(fromBot.drain.typ, reason), reason);
    const before = await bot.offer(specOf(["true"]));
    bot.send(await sign(relay, fromBot.drain.typ, drained("honest")));
    await waitFor(() => bot.presences.at(-1)?.draining);
    const after = await bot.offer(specOf(["true"]));

    assert.equal(before.refusal, undefined);
    assert.equal(after.refusal?.code, "draining");
  });

  test("is no challenge, and the honest one is", async () => {
    const relay = await startAttackedRelay();
    const { bot } = relay;
    const forged = await forge(relay, fromBot.challenge.typ, { nonce: "forged" });

    const heard = await answersTo(relay, forged, () =>
      relay.refused(kindOf(fromBot.challenge.typ, reason), reason),
    );
    const question = await signAsBot(bot.key, fromBot.challenge, bot.addressing(), { nonce: "n" });
    const answer = await bot.ask(question, fromRelay.challengeAnswer);

    assert.equal(heard, 0);
    assert.deepEqual([answer.nonce, answer.epoch], ["n", bot.epoch()]);
  });

  test("starts nothing as a permit; the honest one does, asked again", async () => {
    const relay = await startAttackedRelay();
    const { bot } = relay;
    forgeFirst(relay, fromBot.permit.typ, forge);
    const spec = specOf(["true"]);

    await bot.offer(spec);
    await relay.refused(fromBot.permit.typ, reason);
    const result = await waitFor(() => bot.resultOf(spec.executionId));

    assert.equal(result.status, "succeeded");
    assert.equal(bot.claims.length, 2);
  });

  test("confirms no output and no result as a receipt; the honest ones do", async () => {
    const relay = await startAttackedRelay();
    const { bot } = relay;
    forgeFirst(relay, fromBot.receipt.typ, forge);
    const spec = specOf(["echo", "hello"]);

    await bot.offer(spec);
    await relay.refused(fromBot.receipt.typ, reason);
    await waitFor(() => bot.resultOf(spec.executionId));
    forgeFirst(relay, fromBot.receipt.typ, forge);
    const silent = specOf(["true"]);
    await bot.offer(silent);
    await waitFor(() => bot.results.filter((r) => r.executionId === silent.executionId).length > 1);

    assert.equal(bot.pieces.length, 2);
    assert.deepEqual(bot.pieces[0]?.head, bot.pieces[1]?.head);
  });
});

describe("a message of one kind never passes for another", () => {
  test.each([
    fromBot.offer.typ,
    fromBot.receipt.typ,
    fromBot.cancel.typ,
    fromBot.drain.typ,
    fromBot.challenge.typ,
    "aldis-key-list",
    fromRelay.result.typ,
  ])("as %s for a permit", async (typ) => {
    const relay = await startAttackedRelay();
    const { bot } = relay;
    const spec = specOf(["true"]);
    forgeFirst(relay, fromBot.permit.typ, (_, __, body) => sign(relay, typ, body));

    await bot.offer(spec);
    await relay.refused(fromBot.permit.typ, "wrong-type");
    const result = await waitFor(() => bot.resultOf(spec.executionId));

    assert.equal(result.status, "succeeded");
  });

  test.each([
    fromBot.permit.typ,
    fromBot.receipt.typ,
    fromRelay.claim.typ,
    fromRelay.presence.typ,
    "aldis-audit-head",
    "JWT",
  ])("as %s for what nobody asked for", async (typ) => {
    const relay = await startAttackedRelay();
    const { bot } = relay;
    const executionId = await runningOn(relay);
    const body = { cancels: [{ executionId, attempt: 1 }] };

    bot.send(await sign(relay, typ, body));
    await relay.refused("unknown", "wrong-type");
    const before = bot.resultOf(executionId);
    bot.send(await sign(relay, fromBot.cancel.typ, body));
    const after = await waitFor(() => bot.resultOf(executionId));

    assert.equal(before, undefined);
    assert.equal(after.status, "cancelled");
  });
});

test("an offer of more than 256 KiB is not taken, and one that just fits is", async () => {
  const { bot } = await startAttackedRelay();
  const words = (count: number) => Array.from({ length: count }, () => "x".repeat(60_000));

  const large = await bot.offer(specOf(["true", ...words(4)]));
  const fitting = await bot.offer(specOf(["true", ...words(3)]));

  assert.equal(large.refusal?.code, "too-large");
  assert.equal(fitting.refusal, undefined);
});

test("nothing that is published stops the relay", async () => {
  const relay = await startAttackedRelay();
  const { bot } = relay;
  const junk = ["", ".", "..", "a.b.c", "{}", "\u0000", "ey", "e30.e30.e30", "x".repeat(300_000)];

  for (const text of junk) bot.send(Buffer.from(text));
  bot.send(Buffer.from([0xff, 0xfe, 0x00]));
  await waitFor(() => relay.refusals().length === junk.length + 1);
  const spec = specOf(["true"]);
  await bot.offer(spec);

  await waitFor(() => bot.resultOf(spec.executionId));
});

test("a permit for another execution, attempt or question starts nothing", async () => {
  const relay = await startAttackedRelay();
  const { bot } = relay;
  const spec = specOf(["true"]);
  const permit = { executionId: spec.executionId, attempt: 1, granted: true, replyBot: bot.id };
  const wrong = [
    { permits: [{ ...permit, executionId: uuidv7() }] },
    { permits: [{ ...permit, attempt: 2 }] },
    { nonce: "of another question" },
  ];
  bot.script.forge = (typ, body) => {
    if (typ !== fromBot.permit.typ) return undefined;
    const change = wrong.shift();
    return change && sign(relay, typ, { ...body, ...change });
  };

  await bot.offer(spec);
  const result = await waitFor(() => bot.resultOf(spec.executionId));

  assert.equal(result.status, "succeeded");
  assert.equal(bot.claims.length, 4);
});

/** A message that cannot be read does not even say of which kind it is. */
function kindOf(typ: string, reason: string): string {
  return reason === "malformed" ? "unknown" : typ;
}

/** Sends it as a question, and counts what comes back until it is refused. */
async function answersTo(
  { wire, relayId }: AttackedRelay,
  payload: Uint8Array,
  untilRefused: () => Promise<void>,
): Promise<number> {
  let heard = 0;
  const mallory = wire.connect({ onError: () => {} });
  const replyTo = replyFrom(relayId, "mallory", randomName());
  mallory.subscribe(replyTo, {}, () => void heard++);
  mallory.request(downTo(relayId), payload, { timeoutMs: 5_000, replyTo }).catch(() => {});
  await untilRefused();
  await mallory.stop();
  return heard;
}

/** A command that has begun, and ends only if somebody ends it. */
async function runningOn({ bot }: AttackedRelay): Promise<string> {
  const spec = specOf(["sh", "-c", "echo ready; exec sleep 30"]);
  await bot.offer(spec);
  await waitFor(() => bot.output(spec.executionId).stdout === "ready\n");
  return spec.executionId;
}
