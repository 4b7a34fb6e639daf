import { createHash } from "node:crypto";
import type { BusMessage, MessageBus } from "../../relay/process/bus.ts";
import {
  audienceOf,
  fromBot,
  fromRelay,
  openFromBot,
  signAsRelay,
  withBytes,
} from "../../relay/wire/envelope.ts";
import { encodeFrames } from "../../relay/wire/frames.ts";
import { randomName } from "../../relay/wire/ids.ts";
import { inboxOfToken, parseJoinToken } from "../../relay/wire/join-token.ts";
import { claimedType } from "../../relay/wire/jws.ts";
import { keysOf, verifyKeyList } from "../../relay/wire/key-list.ts";
import { generateKeyPem, readSigningKey, type SigningKey } from "../../relay/wire/keys.ts";
import {
  EnrolAnswer,
  type Offered,
  type Permitted,
  type Receipted,
  type Result,
} from "../../relay/wire/messages.ts";
import { downTo, ENROL, inboxOf, upFrom } from "../../relay/wire/subjects.ts";

/** A relay that speaks the real protocol, step by step as a test tells it to. */
export interface ScriptedRelay {
  id: string;
  name: string;
  key: SigningKey;
  epoch: string;
  bus: MessageBus;
  offers: Offered[];
  cancels: string[];
  /** The head of the audit chain in the newest receipt. */
  head: string | undefined;
  /** How offers are answered: taken, unless a test says otherwise. */
  refuseWith: { code: string; reason: string } | undefined;
  /** When false, offers are heard and never answered. */
  answersOffers: boolean;
  /** Takes the place of the honest way with offers. */
  onOffer: ((message: BusMessage) => Promise<void>) | undefined;
  /** How long it waits for a bot's answer. */
  patienceMs: number;
  announce(change?: { capacity?: number; draining?: boolean; epoch?: string }): Promise<void>;
  claim(offer: { executionId: string; attempt: number }, epoch?: string): Promise<Permitted>;
  sendOutput(key: AttemptKey, offset: number, text: string): Promise<Receipted>;
  sendResult(key: AttemptKey, change?: Partial<Result>): Promise<Receipted>;
  /** Claims and ends everything it is offered, printing its arguments. */
  runEverything(): void;
  stop(): void;
}

interface AttemptKey {
  executionId: string;
  attempt: number;
}

const SOON = { timeoutMs: 5_000 };

export async function joinScriptedRelay(
  bus: MessageBus,
  joinToken: string,
  name: string,
): Promise<ScriptedRelay> {
  const token = parseJoinToken(joinToken);
  if (!token) throw new Error("not a join token");
  const key = readSigningKey(generateKeyPem("ed25519"));
  const sealing = readSigningKey(generateKeyPem("x25519"));
  const request = await signAsRelay(key, fromRelay.enrol, {
    token: token.token,
    signingKey: key.publicJwk,
    sealingKey: sealing.publicJwk,
    hostname: "test",
  });
  const replyTo = `${inboxOfToken(token.token)}.1`;
  const reply = await bus.request(ENROL, request, { ...SOON, replyTo });
  const answer = EnrolAnswer.parse(JSON.parse(Buffer.from(reply).toString()));
  if (!answer.ok) throw new Error(answer.reason);
  const list = await verifyKeyList(answer.keyList, token.authority);
  if (!list.ok) throw new Error(list.reason);
  return scripted(bus, { id: answer.relayId, name, key, tags: answer.tags }, () =>
    keysOf(list.list, Date.now()),
  );
}

/** Speaks as a relay that has joined already, with whatever key. */
export function scripted(
  bus: MessageBus,
  identity: { id: string; name: string; key: SigningKey; tags: Record<string, string> },
  botKeys: () => ReturnType<typeof keysOf>,
): ScriptedRelay {
  const { id, key, tags } = identity;
  const expected = () => ({
    keys: botKeys(),
    aud: audienceOf(id, relay.epoch),
    nowMs: Date.now(),
  });
  let number = 0;
  let runsEverything = false;

  async function onMessage(message: BusMessage): Promise<void> {
    const kind = claimedType(Buffer.from(message.payload).toString("latin1"));
    if (kind === fromBot.challenge.typ) {
      const opened = await openFromBot(fromBot.challenge, message.payload, expected());
      if (!opened.ok) return;
      const body = { nonce: opened.message.nonce, epoch: relay.epoch };
      message.respond(await signAsRelay(key, fromRelay.challengeAnswer, body));
    }
    if (kind === fromBot.cancel.typ) {
      const opened = await openFromBot(fromBot.cancel, message.payload, expected());
      if (!opened.ok) return;
      relay.cancels.push(...opened.message.cancels.map(({ executionId }) => executionId));
    }
    if (kind === fromBot.offer.typ) await (relay.onOffer ?? onOffer)(message);
  }

  async function onOffer(message: BusMessage): Promise<void> {
    const opened = await openFromBot(fromBot.offer, message.payload, expected());
    if (!opened.ok) return;
    const { offers } = opened.message;
    relay.offers.push(...offers);
    if (!relay.answersOffers) return;
    const refusal = relay.refuseWith;
    const answers = offers.map((offer) => ({ ...attemptOf(offer), ...(refusal && { refusal }) }));
    message.respond(await signAsRelay(key, fromRelay.offerAnswer, { answers }));
    if (refusal || !runsEverything) return;
    await Promise.all(offers.map((offer) => run(offer, attemptOf(offer))));
  }

  async function run(offer: Offered, about: AttemptKey): Promise<void> {
    const permit = await relay.claim(about);
    if (!permit.granted) return;
    const text = `${offer.spec.argv.slice(1).join(" ")}\n`;
    await relay.sendOutput(about, 0, text);
    await relay.sendResult(about, { outputLength: text.length + 5 });
  }

  const subscription = bus.subscribe(downTo(id), {}, onMessage);
  const relay: ScriptedRelay = {
    id,
    name: identity.name,
    key,
    epoch: randomName(),
    bus,
    offers: [],
    cancels: [],
    head: undefined,
    refuseWith: undefined,
    answersOffers: true,
    onOffer: undefined,
    patienceMs: 5_000,
    async announce(change = {}) {
      relay.epoch = change.epoch ?? relay.epoch;
      const presence = {
        epoch: relay.epoch,
        number: ++number,
        program: "test",
        tags,
        capacity: change.capacity ?? 8,
        running: 0,
        draining: change.draining ?? false,
        runtimes: ["native"],
        keyListNumber: 1,
      };
      bus.publish(upFrom(id, "presence"), await signAsRelay(key, fromRelay.presence, presence));
    },
    async claim(about, epoch = relay.epoch) {
      const nonce = randomName();
      const claims = [{ executionId: about.executionId, attempt: about.attempt }];
      const claim = await signAsRelay(key, fromRelay.claim, { epoch, nonce, claims });
      const reply = await bus.request(upFrom(id, "claim"), claim, patience());
      const opened = await openFromBot(fromBot.permit, reply, {
        ...expected(),
        aud: audienceOf(id, epoch),
      });
      if (!opened.ok) throw new Error(`permit: ${opened.failure}`);
      if (opened.message.nonce !== nonce) throw new Error("permit: of another question");
      return first(opened.message.permits);
    },
    async sendOutput(about, offset, text) {
      const frames = encodeFrames("stdout", Buffer.from(text));
      const digest = createHash("sha256").update(frames).digest("base64url");
      const body = { ...about, offset, length: frames.length, digest };
      const head = await signAsRelay(key, fromRelay.output, body);
      return receiptOf(
        await bus.request(upFrom(id, "output"), withBytes(head, frames), patience()),
      );
    },
    async sendResult(about, change = {}) {
      const result = await signAsRelay(key, fromRelay.result, {
        ...about,
        epoch: relay.epoch,
        status: "succeeded",
        exitCode: 0,
        endedAt: new Date().toISOString(),
        durationMs: 1,
        outputLength: 0,
        outputDigest: "",
        outputCut: false,
        ...change,
      });
      return receiptOf(await bus.request(upFrom(id, "result"), result, patience()));
    },
    runEverything() {
      runsEverything = true;
    },
    stop: () => subscription.unsubscribe(),
  };

  function patience() {
    return { timeoutMs: relay.patienceMs, replyTo: `${inboxOf(id)}.${randomName()}` };
  }

  async function receiptOf(reply: Uint8Array): Promise<Receipted> {
    const opened = await openFromBot(fromBot.receipt, reply, expected());
    if (!opened.ok) throw new Error(`receipt: ${opened.failure}`);
    relay.head = opened.message.head;
    return first(opened.message.receipts);
  }

  return relay;
}

export function attemptOf({ spec, attempt }: Offered): AttemptKey {
  return { executionId: spec.executionId, attempt };
}

function first<T>([item]: readonly T[]): T {
  if (item === undefined) throw new Error("an empty answer");
  return item;
}
