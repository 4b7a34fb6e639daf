import { setTimeout as sleep } from "node:timers/promises";
import { BusError } from "../process/bus.ts";
import type { Kind } from "../wire/envelope.ts";
import type { BotLink, BotMessage } from "./link.ts";

export interface Question<T extends BotMessage> {
  /** Tried in turn while nobody listens: the bot that owns the reply, then any. */
  subjects: readonly string[];
  payload: Uint8Array;
  /** For one attempt. */
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

/** Asks until a bot answers with something that can be believed; undefined once `signal` fires. */
export async function askBots<T extends BotMessage>(
  link: BotLink,
  question: Question<T>,
  signal: AbortSignal,
): Promise<Answer<T> | undefined> {
  for (let attempt = 0; !signal.aborted; attempt++) {
    const answer = await askOnce(link, question, signal);
    if (answer) return answer;
    await pauseBefore(link, attempt, signal);
  }
  return undefined;
}

/** Waits longer each time, and never exactly as long as the neighbours do. */
export async function pauseBefore(
  { waits }: Pick<BotLink, "waits">,
  attempt: number,
  signal: AbortSignal,
): Promise<void> {
  const fullMs = Math.min(waits.retryMaxMs, waits.retryMinMs * 2 ** Math.min(attempt, 16));
  await sleep(fullMs * (0.5 + Math.random() / 2), undefined, { signal }).catch(() => {});
}

async function askOnce<T extends BotMessage>(
  link: BotLink,
  question: Question<T>,
  signal: AbortSignal,
): Promise<Answer<T> | undefined> {
  for (const subject of question.subjects) {
    const askedAtMs = performance.now();
    try {
      const { timeoutMs } = question;
      const payload = await link.bus.request(subject, question.payload, { timeoutMs, signal });
      const opened = await link.open(question.kind, payload);
      if (opened.ok && question.isAnswer(opened.message)) {
        return { message: opened.message, askedAtMs };
      }
      return undefined;
    } catch (error) {
      if (!(error instanceof BusError)) throw error;
      link.log.debug({ subject, reason: error.code }, "question not answered");
      if (error.code !== "no-responders" && error.code !== "timeout") return undefined;
    }
  }
  return undefined;
}
