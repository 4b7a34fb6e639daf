import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { afterAll, afterEach, beforeAll, beforeEach, describe, test } from "vitest";
import { fromBot, fromRelay, withBytes } from "../../relay/wire/envelope.ts";
import { encodeFrames } from "../../relay/wire/frames.ts";
import { randomName } from "../../relay/wire/ids.ts";
import { claimedType } from "../../relay/wire/jws.ts";
import type { Offered } from "../../relay/wire/messages.ts";
import { downTo } from "../../relay/wire/subjects.ts";
import { bodyOf } from "../model/permits.ts";
import { DEMO, startTestBot, type TestBot } from "../support/bot.ts";
import { attemptOf, type ScriptedRelay } from "../support/scripted-relay.ts";
import { waitFor } from "../support/wait.ts";
import { offeredTo, refusing, sendAs, startTarget, stateOf } from "./attacked-bot.ts";
import { type Keys, relayForgeries, signed } from "./relay-forgeries.ts";

let bot: TestBot;
let relay: ScriptedRelay;
let another: ScriptedRelay;
let keys: Keys;

beforeAll(async () => {
  bot = await startTestBot({ env: { ALDIS_STOP_DEADLINE: "1s" } });
  await bot.install(DEMO);
  another = await bot.relay("another");
  await another.announce({ draining: true });
});
beforeEach(async () => {
  relay = await startTarget(bot);
  keys = { own: relay.key, another: another.key, bot: bot.dispatch.key };
});
afterEach(async () => {
  await relay.announce({ draining: true });
  await waitFor(() => known()?.presence?.draining);
  relay.stop();
});
afterAll(() => bot.close());

function known() {
  return bot.dispatch.registry.find(relay.id);
}

function resultBody(about: { executionId: string; attempt: number }): object {
  const output = { outputLength: 0, outputDigest: "", outputCut: false };
  const end = { status: "failed", endedAt: new Date().toISOString(), durationMs: 1 };
  return { ...about, epoch: relay.epoch, ...end, ...output };
}

describe.each(relayForgeries)("a message $how", ({ reason, forge }) => {
  const of = (kind: string) => ({ relayId: relay.id, kind, reason });

  test("is no presence, and the honest one is", async () => {
    const said = { program: "forged", tags: {}, capacity: 1, running: 0, runtimes: [] };
    const body = { epoch: relay.epoch, number: 99, keyListNumber: 1, draining: true, ...said };

    await refusing(bot, of("presence"), async () =>
      sendAs(relay, "presence", await forge(keys, fromRelay.presence.typ, body)),
    );
    const before = known()?.presence;
    await relay.announce({ capacity: 3 });
    await waitFor(() => known()?.presence?.capacity === 3);

    assert.equal(before?.program, "test");
    assert.equal(before?.draining, false);
  });

  test("is no claim, and the honest one is", async () => {
    const { talk, about } = await offeredTo(bot, relay);
    const body = { epoch: relay.epoch, nonce: "n", claims: [about] };
    let answer: Uint8Array | undefined;

    await refusing(bot, of("claim"), async () => {
      answer = await sendAs(relay, "claim", await forge(keys, fromRelay.claim.typ, body));
    });
    const before = await stateOf(bot, about.executionId);
    const permit = await relay.claim(about);

    assert.equal(answer, undefined);
    assert.equal(before, "offered");
    assert.equal(permit.granted, true);
    await relay.sendResult(about);
    await talk.done;
  });

  test("is no answer to an offer, and the honest one is", async () => {
    const { typ } = fromRelay.offerAnswer;
    relay.onOffer = async (message) => {
      const { offers }: { offers: Offered[] } = bodyOf(message.payload);
      const another = { answers: [{ executionId: crypto.randomUUID(), attempt: 1 }] };
      message.respond(await forge(keys, typ, another));
      message.respond(await signed(relay.key, typ, { answers: offers.map(attemptOf) }));
      relay.offers.push(...offers);
    };

    await refusing(bot, of("offer-answer"), () => bot.say("!echo forged"));
    const about = attemptOf(await waitFor(() => relay.offers[0]));
    const permit = await relay.claim(about);
    await relay.sendResult(about);

    assert.equal(permit.granted, true);
  });

  test("is no proof of a new life, and the honest one is", async () => {
    const [epoch, before] = [randomName(), relay.epoch];
    const { typ } = fromRelay.challengeAnswer;
    let answerHonestly = async () => {};
    relay.stop();
    const listening = relay.bus.subscribe(downTo(relay.id), {}, async (message) => {
      const jws = Buffer.from(message.payload).toString("latin1");
      if (claimedType(jws) !== fromBot.challenge.typ) return;
      const { nonce }: { nonce: string } = bodyOf(message.payload);
      answerHonestly = async () => message.respond(await signed(relay.key, typ, { nonce, epoch }));
      message.respond(await forge(keys, typ, { nonce, epoch }));
    });

    await refusing(bot, of("challenge-answer"), () => relay.announce({ epoch }));
    const after = known()?.epoch;
    await answerHonestly();
    await waitFor(() => known()?.epoch === epoch);
    listening.unsubscribe();

    assert.equal(after, before);
  });

  test("is no output, and the honest one is", async () => {
    const { talk, about } = await offeredTo(bot, relay);
    await relay.claim(about);
    const bytes = encodeFrames("stdout", Buffer.from("forged\n"));
    const digest = createHash("sha256").update(bytes).digest("base64url");
    const body = { ...about, offset: 0, length: bytes.length, digest };

    await refusing(bot, of("output"), async () => {
      const head = await forge(keys, fromRelay.output.typ, body);
      await sendAs(relay, "output", withBytes(head, bytes));
    });
    await relay.sendOutput(about, 0, "honest\n");
    await relay.sendResult(about, { outputLength: 12 });
    await talk.done;

    assert.equal(talk.output, "honest\n");
  });
});

// For results, the key before the last rotation counts for a day: they may lie in a journal.
const notOfResults = "signed by the key before the last rotation";

describe.each(relayForgeries.filter(({ how }) => how !== notOfResults))(
  "a message $how",
  ({ reason, forge }) => {
    test("is no result, and the honest one is", async () => {
      const { talk, about } = await offeredTo(bot, relay);
      await relay.claim(about);

      await refusing(bot, { relayId: relay.id, kind: "result", reason }, async () =>
        sendAs(relay, "result", await forge(keys, fromRelay.result.typ, resultBody(about))),
      );
      const before = await stateOf(bot, about.executionId);
      await relay.sendResult(about);
      await talk.done;

      assert.equal(before, "started");
      assert.equal(await stateOf(bot, about.executionId), "succeeded");
    });
  },
);
