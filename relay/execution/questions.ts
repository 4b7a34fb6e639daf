import { type Batch, createBatch } from "../process/batch.ts";
import { reachOnceSent } from "../process/fault-point.ts";
import { fromBot, fromRelay, joinLines, signAsRelay } from "../wire/envelope.ts";
import { randomName } from "../wire/ids.ts";
import {
  type AttemptName,
  MOST_TOGETHER,
  type Permitted,
  type Receipt,
  type Receipted,
} from "../wire/messages.ts";
import { upFrom } from "../wire/subjects.ts";
import { askOnce, untilAnswered } from "./ask-bots.ts";
import type { BotLink } from "./link.ts";

/** What a bot said to one claim, and when the relay had asked. */
export interface Permission extends Permitted {
  /** By this process's monotonic clock. */
  askedAtMs: number;
  /** From then on; later it may have been called lost already. */
  goodForMs: number;
}

/** What a relay asks any of the bots; while there is much to ask, many ask in one message. */
export interface Questions {
  /**
   * Claims an attempt: asks until a bot says yes or no, since a bot may have committed the start
   * although its answer was lost. Undefined once the relay stops.
   */
  claim(of: AttemptName): Promise<Permission | undefined>;
  /** Sends a signed result until a bot has committed it; false once the relay stops. */
  confirm(of: AttemptName, result: Uint8Array): Promise<boolean>;
}

/** So many messages of a kind may wait for an answer at once: a lost one must not hold up the rest. */
const WAYS = 4;
/** What a message may weigh; NATS takes 1 MiB. */
const MOST_BYTES = 512 * 1024;

export function createQuestions(link: BotLink, stopped: AbortSignal): Questions {
  const claims = createBatch({
    deliver: (items: readonly AttemptName[]) => askForPermits(link, items, stopped),
    most: MOST_TOGETHER,
    ways: WAYS,
  });
  const results = createBatch({
    deliver: (items: readonly SignedResult[]) => askForReceipts(link, items, stopped),
    most: MOST_TOGETHER,
    mostWeight: MOST_BYTES,
    weigh: ({ bytes }) => bytes.length,
    ways: WAYS,
  });
  return {
    claim: (of) => until(claims, of),
    confirm: async (of, bytes) => (await until(results, { ...of, bytes })) !== undefined,
  };

  async function until<Item, Answer>(
    batch: Batch<Item, { said: Answer | undefined }>,
    item: Item,
  ): Promise<Answer | undefined> {
    return untilAnswered(link, async () => (await batch.send(item)).said, stopped);
  }
}

interface SignedResult extends AttemptName {
  bytes: Uint8Array;
}

async function askForPermits(
  link: BotLink,
  attempts: readonly AttemptName[],
  stopped: AbortSignal,
): Promise<{ said: Permission | undefined }[]> {
  const nonce = randomName();
  const claims = attempts.map(({ executionId, attempt }) => ({ executionId, attempt }));
  const payload = await signAsRelay(link.key, fromRelay.claim, {
    epoch: link.epoch,
    nonce,
    claims,
  });
  const asked = askOnce(
    link,
    {
      subjects: [upFrom(link.relayId, "claim")],
      payload,
      timeoutMs: link.waits.claimMs,
      kind: fromBot.permit,
      isAnswer: (permit) => permit.nonce === nonce,
    },
    stopped,
  );
  for (const { executionId } of claims) reachOnceSent("claim-sent", executionId);
  const answer = await asked;
  return attempts.map((of) => {
    const permit = answer?.message.permits.find((each) => isSameAttempt(each, of));
    if (!permit || !answer) return { said: undefined };
    const { permitMs } = link.waits;
    const goodForMs = Math.min(permitMs, permit.goodForMs ?? permitMs);
    return { said: { ...permit, askedAtMs: answer.askedAtMs, goodForMs } };
  });
}

async function askForReceipts(
  link: BotLink,
  results: readonly SignedResult[],
  stopped: AbortSignal,
): Promise<{ said: Receipted | undefined }[]> {
  const asked = askOnce(
    link,
    {
      subjects: [upFrom(link.relayId, "result")],
      payload: joinLines(results.map(({ bytes }) => bytes)),
      timeoutMs: link.waits.confirmMs,
      kind: fromBot.receipt,
      isAnswer: (receipt) => results.some((of) => receiptOf(receipt, "result", of)),
    },
    stopped,
  );
  for (const { executionId } of results) reachOnceSent("result-sent", executionId);
  const answer = await asked;
  return results.map((of) => ({ said: receiptOf(answer?.message, "result", of) }));
}

/** What a receipt says of one attempt. */
export function receiptOf(
  receipt: Receipt | undefined,
  what: Receipted["of"],
  of: AttemptName,
): Receipted | undefined {
  return receipt?.receipts.find((each) => each.of === what && isSameAttempt(each, of));
}

function isSameAttempt(a: AttemptName, b: AttemptName): boolean {
  return a.executionId === b.executionId && a.attempt === b.attempt;
}
