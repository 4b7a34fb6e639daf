import { type Admission, admit } from "../admission/admit.ts";
import { type Execution, startExecution } from "../execution/execute.ts";
import type { BotLink, BotMessage, Waits } from "../execution/link.ts";
import type { Recovered } from "../execution/recover.ts";
import type { Journal } from "../journal/journal.ts";
import { atMost } from "../process/at-most.ts";
import type { BusMessage, MessageBus } from "../process/bus.ts";
import type { Logger } from "../process/logger.ts";
import type { ContainerRuntime } from "../runtime/runtime.ts";
import {
  CLOCK_SKEW_MS,
  fromBot,
  fromRelay,
  type Kind,
  type Opened,
  signAsRelay,
} from "../wire/envelope.ts";
import { claimedType } from "../wire/jws.ts";
import type { KeyList } from "../wire/key-list.ts";
import type { SigningKey } from "../wire/keys.ts";
import type { Offer, OfferAnswer } from "../wire/messages.ts";
import type { Tags } from "../wire/selector.ts";
import { downTo, replyFrom } from "../wire/subjects.ts";
import { InHand } from "./in-hand.ts";
import { openHeadKeeper } from "./kept-heads.ts";
import type { RelayMetrics } from "./metrics.ts";
import { startPresence } from "./presence.ts";
import { createTrust, KEY_LIST_TYPE } from "./trust.ts";

export interface AgentDeps {
  relayId: string;
  epoch: string;
  key: SigningKey;
  /** Fingerprint of the pinned authority. */
  authority: string;
  keyList: KeyList;
  saveKeyList(jws: string): Promise<void>;
  /** Where the relay keeps what it must not forget. */
  directory: string;
  tags: Tags;
  nativeBundles: readonly string[];
  capacity: number;
  /** The program and its version, as bots show it. */
  program: string;
  bus: MessageBus;
  journal: Journal;
  spoolDirectory: string;
  runtimes: readonly ContainerRuntime[];
  /** What an earlier life left open. */
  recovered: readonly Recovered[];
  waits: Waits & AgentWaits;
  metrics: RelayMetrics;
  log: Logger;
}

export interface AgentWaits {
  heartbeatMs: number;
  presenceSpacingMs: number;
  /** For how long `stop` lets commands finish by themselves. */
  stopMs: number;
  /** For how long it then waits for the bots to confirm results. */
  settleMs: number;
}

export interface Agent {
  running(): number;
  /** Takes no new offers from now on, and says so. */
  drain(): Promise<void>;
  /** Drains, lets commands finish, ends the rest, sends what can be sent; the disk keeps the rest. */
  stop(): Promise<void>;
}

/** Answers what bots send to this relay, and announces it. */
export async function startAgent(deps: AgentDeps): Promise<Agent> {
  const { relayId, epoch, key, bus, journal, log } = deps;
  const trust = createTrust(deps);
  const heads = await openHeadKeeper({ directory: deps.directory, keys: trust.keys, log });
  const link: BotLink = { relayId, epoch, key, bus, waits: deps.waits, log, open: openAnswer };
  const abandon = new AbortController();
  let isDraining = false;

  const presence = startPresence({
    ...deps,
    heartbeatMs: deps.waits.heartbeatMs,
    spacingMs: deps.waits.presenceSpacingMs,
    describe: () => ({
      epoch,
      program: deps.program,
      tags: deps.tags,
      capacity: deps.capacity,
      running: hand.running,
      draining: isDraining,
      runtimes: deps.runtimes.map(({ name }) => name),
      keyListNumber: trust.keyListNumber(),
    }),
  });
  const hand = new InHand(() => {
    deps.metrics.running(hand.running);
    presence.changed();
  });

  /** Opens what a bot answers; a receipt may bring a head of the audit chain. */
  async function openAnswer<T extends BotMessage>(
    kind: Kind<T>,
    payload: Uint8Array,
  ): Promise<Opened<T>> {
    const opened = await trust.open(kind, payload);
    if (opened.ok && "head" in opened.message && typeof opened.message.head === "string") {
      heads.take(opened.message.head);
    }
    return opened;
  }

  async function onMessage(message: BusMessage): Promise<void> {
    const jws = Buffer.from(message.payload).toString("latin1");
    const type = claimedType(jws);
    switch (type) {
      case fromBot.offer.typ:
        return onOffer(message);
      case fromBot.cancel.typ:
        return onCancel(message);
      case fromBot.challenge.typ:
        return onChallenge(message);
      case KEY_LIST_TYPE:
        await trust.takeKeyList(jws);
        return presence.announce();
      default:
        trust.refuse("unknown", type === undefined ? "malformed" : "wrong-type");
    }
  }

  async function onOffer(message: BusMessage): Promise<void> {
    const opened = await trust.open(fromBot.offer, message.payload);
    if (!opened.ok) return;
    const offer = opened.message;
    const refusal = take(offer, message);
    if (!refusal) return;
    deps.metrics.refusedOffer(refusal.code);
    log.info({ ...attemptOf(offer), ...refusal }, "offer refused");
    await reply(message, fromRelay.offerAnswer, { ...attemptOf(offer), refusal });
  }

  /** The decision and its consequence are one step: nothing is awaited between them. */
  function take(offer: Offer, message: BusMessage): OfferAnswer["refusal"] {
    const of = attemptOf(offer);
    if (hand.knows(of) || journal.has(of)) {
      void reply(message, fromRelay.offerAnswer, of);
      return undefined;
    }
    const admission = admit(offer, message.payload.length, relayState());
    const wanted = admission.admitted ? admission.runtime : undefined;
    const runtime = deps.runtimes.find(({ name }) => name === wanted);
    if (!runtime) return refusalOf(admission);
    const answered = reply(message, fromRelay.offerAnswer, of);
    const admitted = { offer, runtime, answered, abandon: abandon.signal };
    const execution = startExecution({ ...deps, link }, admitted);
    hand.add(of, execution, offer.exp * 1000 + CLOCK_SKEW_MS);
    deps.metrics.admitted();
    return undefined;
  }

  function relayState() {
    const runtimes = deps.runtimes.map(({ name }) => name);
    const journalFault = journal.fault?.message;
    return { ...deps, runtimes, running: hand.running, isDraining, journalFault };
  }

  async function onCancel(message: BusMessage): Promise<void> {
    const opened = await trust.open(fromBot.cancel, message.payload);
    if (opened.ok) hand.find(opened.message)?.end("cancelled");
  }

  async function onChallenge(message: BusMessage): Promise<void> {
    const opened = await trust.open(fromBot.challenge, message.payload);
    if (!opened.ok) return;
    await reply(message, fromRelay.challengeAnswer, { nonce: opened.message.nonce, epoch });
  }

  /** Answers only where a bot may listen for this relay. */
  async function reply<T extends { version: 1 }>(
    message: BusMessage,
    kind: Kind<T>,
    body: Omit<T, "version">,
  ): Promise<void> {
    if (!message.replyTo?.startsWith(replyFrom(relayId, ""))) return;
    try {
      message.respond(await signAsRelay(key, kind, body));
    } catch (error) {
      log.warn({ err: error, kind: kind.typ }, "answer not sent");
    }
  }

  async function tidy(): Promise<void> {
    hand.prune(Date.now());
    if (journal.fault) await journal.probe().catch(() => {});
  }

  function drain(): Promise<void> {
    isDraining = true;
    return presence.announce();
  }

  async function stop(): Promise<void> {
    await drain();
    const executions = hand.all();
    await atMost(deps.waits.stopMs, executions.map(endedOf));
    for (const execution of executions) execution.end("interrupted");
    const settling = [...executions.map(({ settled }) => settled), ...recovering];
    await atMost(deps.waits.settleMs, settling);
    abandon.abort();
    await Promise.all(settling);
    subscription.unsubscribe();
    presence.stop();
    clearInterval(tidying);
    await heads.stop();
  }

  const subscription = bus.subscribe(downTo(relayId), {}, onMessage);
  const recovering = deps.recovered.map((each) =>
    each.settle(link, abandon.signal).catch((error: unknown) => {
      log.error({ ...attemptOfRecovered(each), err: error }, "recovered execution left open");
    }),
  );
  const tidying = setInterval(tidy, deps.waits.heartbeatMs);
  await presence.announce();
  return { running: () => hand.running, drain, stop };
}

function attemptOf({ spec, attempt }: Offer): { executionId: string; attempt: number } {
  return { executionId: spec.executionId, attempt };
}

function attemptOfRecovered({ executionId, attempt }: Recovered) {
  return { executionId, attempt };
}

function refusalOf(admission: Admission): OfferAnswer["refusal"] {
  if (admission.admitted) return { code: "no-runtime", reason: "the relay lacks the runtime" };
  return { code: admission.code, reason: admission.reason };
}

function endedOf({ ended }: Execution): Promise<void> {
  return ended;
}
