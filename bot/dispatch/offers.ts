import { type Batch, createBatch } from "../../relay/process/batch.ts";
import { BusError, type MessageBus } from "../../relay/process/bus.ts";
import type { Clock } from "../../relay/process/clock.ts";
import { fromBot, fromRelay, openFromRelay } from "../../relay/wire/envelope.ts";
import { randomName } from "../../relay/wire/ids.ts";
import type { SigningKey } from "../../relay/wire/keys.ts";
import {
  MAX_OFFER_BYTES,
  MOST_TOGETHER,
  type OfferAnswer,
  type Offered,
} from "../../relay/wire/messages.ts";
import { downTo, repliesTo, replyFrom } from "../../relay/wire/subjects.ts";
import type { Candidate } from "../relays/pick.ts";
import { signTo } from "../relays/sign-to.ts";

/** Why an offer was not taken, in words for people. */
export interface NotTaken {
  reason: string;
  /** For how long the same relay is not worth asking about it again. */
  restMs: number;
}

export interface Offers {
  /**
   * Signs an offer while its commit is still under way, since neither needs the other. Undefined
   * where more is on its way to that relay: then several share one signature.
   */
  prepare(to: Candidate, offer: Offered, timeoutMs: number): Promise<Uint8Array> | undefined;
  /** Undefined once the relay has taken it. */
  send(
    to: Candidate,
    offer: Offered,
    timeoutMs: number,
    prepared?: Promise<Uint8Array>,
  ): Promise<NotTaken | undefined>;
}

export interface OffersDeps {
  bus: MessageBus;
  key: SigningKey;
  botId: string;
  clock: Clock;
  /** Makes known that an answer was not what it claimed to be. */
  refused(kind: string, relayId: string, reason: string): void;
}

interface Item {
  offer: Offered;
  prepared?: Promise<Uint8Array> | undefined;
}

type Line = Batch<Item, { refusal?: NotTaken | undefined }>;

/** So many messages to one relay may wait for their answer at once. */
const WAYS = 4;
/** Codes of refusals that end by themselves. */
const PASSING: ReadonlySet<string> = new Set(["capacity", "disk", "draining", "image-pull"]);
/** A relay that is not heard may be connecting again at this moment. */
const SILENT_REST_MS = 2_000;
/** One that has reasons of its own will have them for a while. */
const REFUSED_REST_MS = 30_000;

/** Offers to every relay, a line for each; what gathers there leaves together. */
export function createOffers(deps: OffersDeps): Offers {
  const lines = new Map<string, Line>();

  function lineTo(to: Candidate, timeoutMs: number): Line {
    const name = `${to.relay.id}/${to.epoch}/${timeoutMs}`;
    const known = lines.get(name);
    if (known) return known;
    const line = createBatch({
      deliver: (items: readonly Item[]) => deliver(deps, to, timeoutMs, items),
      most: MOST_TOGETHER,
      mostWeight: MAX_OFFER_BYTES / 2,
      weigh: ({ offer }) => weightOf(offer),
      ways: WAYS,
    });
    lines.set(name, line);
    return line;
  }

  return {
    prepare(to, offer, timeoutMs) {
      if (!lineTo(to, timeoutMs).isIdle) return undefined;
      const prepared = sign(deps, to, timeoutMs, [offer]);
      // Awaited only after the commit; a failure in between must not count as unhandled.
      prepared.catch(() => {});
      return prepared;
    },
    async send(to, offer, timeoutMs, prepared) {
      const line = lineTo(to, timeoutMs);
      const { refusal } = await line.send({ offer, prepared });
      if (line.isIdle) lines.delete(`${to.relay.id}/${to.epoch}/${timeoutMs}`);
      return refusal;
    },
  };
}

async function deliver(
  deps: OffersDeps,
  to: Candidate,
  timeoutMs: number,
  items: readonly Item[],
): Promise<{ refusal?: NotTaken | undefined }[]> {
  const { relay } = to;
  const offers = items.map(({ offer }) => offer);
  const failed = (what: string) =>
    items.map(() => ({
      refusal: { reason: `${relay.name}: ${what}`, restMs: SILENT_REST_MS },
    }));
  const alone = items.length === 1 ? items[0]?.prepared : undefined;
  let answer: OfferAnswer | undefined;
  try {
    await deps.bus.request(downTo(relay.id), await (alone ?? sign(deps, to, timeoutMs, offers)), {
      timeoutMs,
      replyTo: replyFrom(relay.id, deps.botId, randomName()),
      repliesOn: repliesTo(deps.botId),
      async isReply(reply) {
        answer ??= await openAnswer(deps, relay, offers, reply);
        return answer !== undefined;
      },
    });
    return offers.map((offer) => answerTo(offer, answer, relay.name));
  } catch (error) {
    if (!(error instanceof BusError)) throw error;
    return failed(error.code === "no-responders" ? "not listening" : error.message);
  }
}

/** Undefined where it is not this relay's word about these offers; that is made known. */
async function openAnswer(
  deps: OffersDeps,
  relay: Candidate["relay"],
  offers: readonly Offered[],
  reply: Uint8Array,
): Promise<OfferAnswer | undefined> {
  const opened = await openFromRelay(fromRelay.offerAnswer, reply, relay.key);
  const isAnswer = opened.ok && offers.some((offer) => answerOf(offer, opened.message));
  if (isAnswer) return opened.message;
  deps.refused("offer-answer", relay.id, opened.ok ? "another-question" : opened.failure);
  return undefined;
}

function answerTo(
  offer: Offered,
  message: OfferAnswer | undefined,
  relay: string,
): { refusal?: NotTaken } {
  const answer = message && answerOf(offer, message);
  if (!answer) {
    return {
      refusal: { reason: `${relay}: it answered something else`, restMs: REFUSED_REST_MS },
    };
  }
  const { refusal } = answer;
  if (!refusal) return {};
  const restMs = PASSING.has(refusal.code) ? 0 : REFUSED_REST_MS;
  return { refusal: { reason: `${relay}: ${refusal.reason}`, restMs } };
}

function answerOf({ spec, attempt }: Offered, { answers }: OfferAnswer) {
  return answers.find((each) => each.executionId === spec.executionId && each.attempt === attempt);
}

function sign(
  deps: OffersDeps,
  { relay, epoch }: Candidate,
  ttlMs: number,
  offers: Offered[],
): Promise<Uint8Array> {
  return signTo(deps, { relayId: relay.id, epoch, ttlMs }, fromBot.offer, { offers });
}

/** Roughly what it adds to a message, which carries it as base64. */
function weightOf({ spec }: Offered): number {
  return spec.argv.reduce((sum, word) => sum + word.length, 1024) * 2;
}
