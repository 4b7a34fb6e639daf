import { type Execution, startExecution } from "../execution/execute.ts";
import type { BotLink, BotMessage, Waits } from "../execution/link.ts";
import { createQuestions } from "../execution/questions.ts";
import type { Recovered } from "../execution/recover.ts";
import type { Redaction } from "../execution/redact.ts";
import type { SpoolSpace } from "../execution/spool-space.ts";
import type { Images } from "../images/images.ts";
import type { Journal } from "../journal/journal.ts";
import type { Policy } from "../policy/policy.ts";
import { atMost } from "../process/at-most.ts";
import type { BusMessage, MessageBus } from "../process/bus.ts";
import type { Clock, Timer } from "../process/clock.ts";
import type { Disk } from "../process/disk.ts";
import { reach } from "../process/fault-point.ts";
import type { Logger } from "../process/logger.ts";
import type { ContainerRuntime } from "../runtime/runtime.ts";
import { fromBot, fromRelay, type Kind, type Opened } from "../wire/envelope.ts";
import { claimedType } from "../wire/jws.ts";
import type { KeyList } from "../wire/key-list.ts";
import type { PublicJwk, SigningKey, VerifyingKey } from "../wire/keys.ts";
import type { AttemptName } from "../wire/messages.ts";
import type { Tags } from "../wire/selector.ts";
import { downTo } from "../wire/subjects.ts";
import { answerImage } from "./answer-image.ts";
import { InHand } from "./in-hand.ts";
import type { HeadKeeper } from "./kept-heads.ts";
import type { RelayMetrics } from "./metrics.ts";
import { startPresence } from "./presence.ts";
import { createReply } from "./reply.ts";
import { createOfferTaker } from "./take-offers.ts";
import { createTrust, KEY_LIST_TYPE } from "./trust.ts";

export interface AgentDeps {
  relayId: string;
  epoch: string;
  key: SigningKey;
  /** Fingerprint of the pinned authority. */
  authority: string;
  keyList: KeyList;
  saveKeyList(jws: string): Promise<void>;
  /** How the keys on a list are read; default: Ed25519. */
  readKey?: (jwk: PublicJwk) => VerifyingKey;
  /** Opens what this relay keeps of the audit chain; heads count that these keys have signed. */
  openHeads(keys: () => ReadonlyMap<string, VerifyingKey>): Promise<HeadKeeper>;
  tags: Tags;
  nativeBundles: readonly string[];
  /** Default: what holds where the owner has written none. */
  policy?: Policy;
  /** Those of its container engine, where it has one. */
  images?: Images;
  capacity: number;
  /** The program and its version, as bots show it. */
  program: string;
  bus: MessageBus;
  journal: Journal;
  disk: Disk;
  spoolDirectory: string;
  /** The room for all output; without one there is no bound. */
  space?: SpoolSpace;
  /** What never leaves this host; nothing unless named. */
  redaction?: Redaction;
  runtimes: readonly ContainerRuntime[];
  clock: Clock;
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
  const { relayId, epoch, key, bus, journal, clock, log } = deps;
  const trust = createTrust(deps);
  const reply = createReply(deps);
  const heads = await deps.openHeads(trust.keys);
  const { waits } = deps;
  const { refuse } = trust;
  const link: BotLink = { relayId, epoch, key, bus, clock, waits, log, open: openAnswer, refuse };
  const abandon = new AbortController();
  const questions = createQuestions(link, abandon.signal);
  let isStopping = false;
  let isDrained = false;

  const presence = startPresence({
    ...deps,
    heartbeatMs: waits.heartbeatMs,
    spacingMs: waits.presenceSpacingMs,
    describe: () => ({
      epoch,
      program: deps.program,
      tags: deps.tags,
      capacity: deps.capacity,
      running: hand.running,
      draining: isDraining(),
      runtimes: deps.runtimes.map(({ name }) => name),
      keyListNumber: trust.keyListNumber(),
    }),
  });
  const hand = new InHand(() => {
    deps.metrics.running(hand.running);
    presence.changed();
  });
  const offers = createOfferTaker({
    ...deps,
    hand,
    isDraining,
    start: (admitted) => startExecution({ ...deps, link, questions }, admitted),
    abandon: abandon.signal,
  });

  function isDraining(): boolean {
    return isStopping || isDrained;
  }

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
      case fromBot.drain.typ:
        return onDrain(message);
      case fromBot.challenge.typ:
        return onChallenge(message);
      case fromBot.resolveImage.typ:
        return onResolveImage(message);
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
    for (const { spec } of opened.message.offers) reach("offer-received", spec.executionId);
    const answered = Promise.withResolvers<void>();
    const answers = offers.take(opened.message, message.payload.length, answered.promise);
    await reply(message, fromRelay.offerAnswer, { answers });
    answered.resolve();
  }

  async function onCancel(message: BusMessage): Promise<void> {
    const opened = await trust.open(fromBot.cancel, message.payload);
    if (!opened.ok) return;
    for (const of of opened.message.cancels) hand.find(of)?.end("cancelled");
  }

  async function onDrain(message: BusMessage): Promise<void> {
    const drain = await trust.openOnce(fromBot.drain, message.payload);
    if (!drain || drain.draining === isDrained) return;
    isDrained = drain.draining;
    log.info(isDrained ? "drained: no more offers are taken" : "offers are taken again");
    await presence.announce();
  }

  async function onChallenge(message: BusMessage): Promise<void> {
    const opened = await trust.open(fromBot.challenge, message.payload);
    if (!opened.ok) return;
    await reply(message, fromRelay.challengeAnswer, { nonce: opened.message.nonce, epoch });
  }

  async function onResolveImage(message: BusMessage): Promise<void> {
    const question = await trust.openOnce(fromBot.resolveImage, message.payload);
    const hasEngine = deps.runtimes.some(({ name }) => name !== "native");
    const { images: _, ...withoutImages } = deps;
    const answer = question && (await answerImage(question, hasEngine ? deps : withoutImages));
    if (answer) await reply(message, fromRelay.imageAnswer, answer);
  }

  async function tidy(): Promise<void> {
    hand.prune(clock.wallMs());
    if (journal.fault) await journal.probe().catch(() => {});
  }

  function drain(): Promise<void> {
    isStopping = true;
    return presence.announce();
  }

  async function stop(): Promise<void> {
    await drain();
    const executions = hand.all();
    await atMost(waits.stopMs, executions.map(endedOf), clock);
    for (const execution of executions) execution.end("interrupted");
    const settling = [...executions.map(({ settled }) => settled), ...recovering];
    await atMost(waits.settleMs, settling, clock);
    abandon.abort();
    await Promise.all(settling);
    subscription.unsubscribe();
    presence.stop();
    tidying.cancel();
    await heads.stop();
  }

  const subscription = bus.subscribe(downTo(relayId), {}, onMessage);
  const recovering = deps.recovered.map((each) =>
    each.settle(link, questions, abandon.signal).catch((error: unknown) => {
      log.error({ ...nameOf(each), err: error }, "recovered execution left open");
    }),
  );
  const tidying: Timer = clock.every(waits.heartbeatMs, () => void tidy());
  await presence.announce();
  return { running: () => hand.running, drain, stop };
}

function nameOf({ executionId, attempt }: Recovered): AttemptName {
  return { executionId, attempt };
}

function endedOf({ ended }: Execution): Promise<void> {
  return ended;
}
