import assert from "node:assert/strict";
import { describe, test } from "vitest";
import { createOffers } from "../../bot/dispatch/offers.ts";
import { challengeRelay } from "../../bot/relays/challenge.ts";
import type { KnownRelay } from "../../bot/relays/registry.ts";
import { askOnce } from "../../relay/execution/ask-bots.ts";
import type { BotLink } from "../../relay/execution/link.ts";
import type { MessageBus } from "../../relay/process/bus.ts";
import { systemClock } from "../../relay/process/clock.ts";
import { createMemoryBus } from "../../relay/process/memory-bus.ts";
import {
  audienceOf,
  fromBot,
  fromRelay,
  openFromBot,
  signAsBot,
  signAsRelay,
} from "../../relay/wire/envelope.ts";
import { randomName, uuidv7 } from "../../relay/wire/ids.ts";
import { readVerifyingKey } from "../../relay/wire/keys.ts";
import type { Permit } from "../../relay/wire/messages.ts";
import { BOTS_QUEUE, downTo, upFrom } from "../../relay/wire/subjects.ts";
import { silentLog } from "../relay/relay-under-test.ts";
import { newKey, specOf } from "../support/scripted-bot.ts";

const [BOT, RELAY, STRANGER] = [newKey(), newKey(), newKey()];
const relayId = uuidv7();
const epoch = "epoch";

/** A peer on a wire of its own; without the defence it takes the first reply for the answer. */
function peerOf(isDefended: boolean) {
  const wire = createMemoryBus();
  const connect = () => wire.connect({ onError: () => {} });
  const plain = connect();
  const request: MessageBus["request"] = (subject, payload, { isReply, ...wish }) =>
    plain.request(subject, payload, isDefended && isReply ? { ...wish, isReply } : wish);
  return { bus: { ...plain, request }, others: connect() };
}

describe("whoever answers a relay's question before its bot", () => {
  async function ask(isDefended: boolean) {
    const { bus, others } = peerOf(isDefended);
    const refusals: string[] = [];
    const link = linkOver(bus, refusals);
    const nonce = randomName();
    others.subscribe(upFrom(relayId, "claim"), { queue: BOTS_QUEUE }, async ({ respond }) => {
      const to = { iss: "bot", aud: audienceOf(relayId, epoch), nowMs: Date.now(), ttlMs: 5_000 };
      const executionId = uuidv7();
      const permits = [{ executionId, attempt: 1, granted: true, replyBot: "bot" }];
      respond(Buffer.from("nothing that was signed"));
      respond(await signAsBot(STRANGER, fromBot.permit, to, { nonce, permits }));
      respond(await signAsBot(BOT, fromBot.permit, to, { nonce: "of another", permits }));
      respond(await signAsBot(BOT, fromBot.permit, to, { nonce, permits }));
    });
    const question = {
      subjects: [upFrom(relayId, "claim")],
      payload: Buffer.from("a claim"),
      timeoutMs: 2_000,
      kind: fromBot.permit,
      isAnswer: (permit: Permit) => permit.nonce === nonce,
    };
    const answer = await askOnce(link, question, new AbortController().signal);
    return { isAnswered: answer !== undefined, refusals };
  }

  test("does not keep the answer from it, and is made known", async () => {
    const defended = await ask(true);
    const control = await ask(false);

    assert.equal(defended.isAnswered, true);
    assert.deepEqual(defended.refusals, ["malformed", "unknown-key", "another-question"]);
    assert.equal(control.isAnswered, false);
  });
});

describe("whoever answers a bot before its relay", () => {
  test("does not keep an offer from being taken, and is made known", async () => {
    const offer = async (isDefended: boolean) => {
      const { bus, others } = peerOf(isDefended);
      const refusals: string[] = [];
      const offers = createOffers(botOver(bus, refusals));
      const spec = specOf(["true"]);
      const answers = [{ executionId: spec.executionId, attempt: 1 }];
      others.subscribe(downTo(relayId), {}, async ({ respond }) => {
        respond(await signAsRelay(STRANGER, fromRelay.offerAnswer, { answers }));
        respond(await signAsRelay(RELAY, fromRelay.offerAnswer, { answers: [OTHER] }));
        respond(await signAsRelay(RELAY, fromRelay.offerAnswer, { answers }));
      });
      const refusal = await offers.send({ relay: known(), epoch }, { attempt: 1, spec }, 2_000);
      return { isTaken: refusal === undefined, refusals };
    };

    const defended = await offer(true);
    const control = await offer(false);

    assert.equal(defended.isTaken, true);
    assert.deepEqual(defended.refusals, ["unknown-key", "another-question"]);
    assert.equal(control.isTaken, false);
  });

  test("does not keep a relay from proving its life", async () => {
    const { bus, others } = peerOf(true);
    const refusals: string[] = [];
    others.subscribe(downTo(relayId), {}, async ({ respond }) => {
      respond(await signAsRelay(STRANGER, fromRelay.challengeAnswer, { nonce: "n", epoch }));
      respond(await signAsRelay(RELAY, fromRelay.challengeAnswer, { nonce: "old", epoch }));
      respond(await signAsRelay(RELAY, fromRelay.challengeAnswer, { nonce: "n", epoch }));
    });

    const isProved = await challengeRelay(botOver(bus, refusals), known(), epoch, "n");

    assert.equal(isProved, true);
    assert.deepEqual(refusals, ["unknown-key", "another-question"]);
  });
});

const OTHER = { executionId: uuidv7(), attempt: 1 };

function linkOver(bus: MessageBus, refusals: string[]): BotLink {
  const keys = new Map([[BOT.kid, readVerifyingKey(BOT.publicJwk)]]);
  const waits = { claimMs: 0, confirmMs: 0, retryMinMs: 0, retryMaxMs: 0, permitMs: 0 };
  return {
    relayId,
    epoch,
    key: RELAY,
    bus,
    clock: systemClock,
    waits,
    log: silentLog,
    async open(kind, payload) {
      const expected = { keys, aud: audienceOf(relayId, epoch), nowMs: Date.now() };
      const opened = await openFromBot(kind, payload, expected);
      if (!opened.ok) refusals.push(opened.failure);
      return opened;
    },
    refuse: (_, reason) => void refusals.push(reason),
  };
}

function botOver(bus: MessageBus, refusals: string[]) {
  const refused = (_: string, __: string, reason: string) => void refusals.push(reason);
  return { bus, key: BOT, botId: "bot", clock: systemClock, refused };
}

function known(): KnownRelay {
  return {
    workspaceId: uuidv7(),
    id: relayId,
    name: "edge",
    hostname: "here",
    tags: {},
    signingKey: RELAY.publicJwk,
    previousSigningKey: null,
    previousSigningKeyUntil: null,
    keysChangedAt: null,
    isGenuine: true,
    state: "active",
    draining: false,
    epoch,
    key: readVerifyingKey(RELAY.publicJwk),
    previousKey: undefined,
    presence: undefined,
    heardAtMs: 0,
    provedEpoch: epoch,
    isDisputed: false,
    epochSinceMs: 0,
    load: 0,
  };
}
