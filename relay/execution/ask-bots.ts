import { BusError } from "../process/bus.ts";
import type { Kind } from "../wire/envelope.ts";
import { randomName } from "../wire/ids.ts";
import { inboxOf } from "../wire/subjects.ts";
import type { BotLink, BotMessage } from "./link.ts";

export interface Question<T extends BotMessage> {
  /** Tried in turn while nobody listens: the bot that owns the reply, then any. */
  subjects: readonly string[];
  payload: Uint8Array;
  /** For each of the subjects. */
  timeoutMs: number;
  /** What the answer must be, and what it must be about. */
  kind: Kind<T>;
  isAnswer(message: T): boolean;
}

export interface Answer<T> {
  message: T;
  /** When the question that was answered left, by this process's monotonic clock. */
  askedAtMs: number;
}

/** Asks again and again until there is an answer; undefined once `signal` fires. */
export async function untilAnswered<T>(
  link: Pick<BotLink, "waits" | "clock">,
  ask: () => Promise<T | undefined>,
  signal: AbortSignal,
): Promise<T | undefined> {
  for (let attempt = 0; !signal.aborted; attempt++) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    await pauseBefore(link, attempt, signal);
  }
  return undefined;
}

/** Waits longer each time, and never exactly as long as the neighbours do. */
export async function pauseBefore(
  { waits, clock }: Pick<BotLink, "waits" | "clock">,
  attempt: number,
  signal: AbortSignal,
): Promise<void> {
  const fullMs = Math.min(waits.retryMaxMs, waits.retryMinMs * 2 ** Math.min(attempt, 16));
  await clock.sleep(fullMs * (0.5 + clock.jitter() / 2), signal);
}

/**
 * Asks once; undefined where no bot answers with something that can be believed. Anything else that
 * comes for an answer is refused and passed over: whoever is quicker than the bots stops nothing.
 */
export async function askOnce<T extends BotMessage>(
  link: BotLink,
  question: Question<T>,
  signal: AbortSignal,
): Promise<Answer<T> | undefined> {
  const inbox = inboxOf(link.relayId);
  let message: T | undefined;
  for (const subject of question.subjects) {
    const askedAtMs = link.clock.monotonicMs();
    try {
      await link.bus.request(subject, question.payload, {
        timeoutMs: question.timeoutMs,
        signal,
        // Bots answer a relay nowhere else.
        replyTo: `${inbox}.${randomName()}`,
        repliesOn: `${inbox}.*`,
        async isReply(payload) {
          message ??= await openAnswer(link, question, payload);
          return message !== undefined;
        },
      });
      return message && { message, askedAtMs };
    } catch (error) {
      if (!(error instanceof BusError)) throw error;
      link.log.debug({ subject, reason: error.code }, "question not answered");
      if (error.code !== "no-responders" && error.code !== "timeout") return undefined;
    }
  }
  return undefined;
}

/** Undefined where it is not what was asked for; that is made known. */
async function openAnswer<T extends BotMessage>(
  link: BotLink,
  { kind, isAnswer }: Question<T>,
  payload: Uint8Array,
): Promise<T | undefined> {
  const opened = await link.open(kind, payload);
  if (!opened.ok) return undefined;
  if (isAnswer(opened.message)) return opened.message;
  // Each question has an inbox of its own: somebody has answered it with what was said before.
  link.refuse(kind.typ, "another-question");
  return undefined;
}
