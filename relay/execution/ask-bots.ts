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

/** Asks once; undefined where no bot answers with something that can be believed. */
export async function askOnce<T extends BotMessage>(
  link: BotLink,
  question: Question<T>,
  signal: AbortSignal,
): Promise<Answer<T> | undefined> {
  const inbox = inboxOf(link.relayId);
  for (const subject of question.subjects) {
    const askedAtMs = link.clock.monotonicMs();
    try {
      const payload = await link.bus.request(subject, question.payload, {
        timeoutMs: question.timeoutMs,
        signal,
        // Bots answer a relay nowhere else.
        replyTo: `${inbox}.${randomName()}`,
        repliesOn: `${inbox}.*`,
      });
      const opened = await link.open(question.kind, payload);
      if (!opened.ok) return undefined;
      if (question.isAnswer(opened.message)) return { message: opened.message, askedAtMs };
      // Each question has an inbox of its own: somebody has answered it with what was said before.
      link.refuse(question.kind.typ, "another-question");
      return undefined;
    } catch (error) {
      if (!(error instanceof BusError)) throw error;
      link.log.debug({ subject, reason: error.code }, "question not answered");
      if (error.code !== "no-responders" && error.code !== "timeout") return undefined;
    }
  }
  return undefined;
}
