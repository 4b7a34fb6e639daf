import { z } from "zod";
import type { Result } from "../../relay/wire/messages.ts";
import type { Store } from "../store/pool.ts";

/**
 * The state machine of an execution, one database function for each arrow (migrations/0001):
 *
 * ```
 * queued ─► offered ─► started ─► succeeded | failed | timed-out | cancelled | interrupted
 *    ▲         │          └─────► unknown ─► settled by the relay's journal, or marked by a person
 *    └─────────┘ refused, nobody listening, or not claimed in time: attempt + 1
 * queued | offered ─► cancelled | expired
 * ```
 */
export interface AttemptKey {
  workspaceId: string;
  executionId: string;
  attempt: number;
}

/** queued → offered; false when it is no longer queued in this attempt. */
export async function markOffered(
  store: Store,
  key: AttemptKey,
  to: { relayId: string; epoch: string; botId: string },
): Promise<boolean> {
  const { workspaceId, executionId, attempt } = key;
  const args = [workspaceId, executionId, attempt, to.relayId, to.epoch, to.botId];
  return z.boolean().parse(await store.call("offer_execution", args));
}

/** offered → queued with the next attempt, whose number is returned; undefined when too late. */
export async function requeue(
  store: Store,
  key: AttemptKey,
  reason: string,
): Promise<number | undefined> {
  const { workspaceId, executionId, attempt } = key;
  const args = [workspaceId, executionId, attempt, reason];
  const next = await store.call("requeue_execution", args);
  return z.int().nullable().parse(next) ?? undefined;
}

const Start = z.object({ answer: z.string(), replyBot: z.string().optional() });
export type Start = z.infer<typeof Start>;

/** offered → started: `granted`, and whose the reply is; or the state that stands in the way. */
export async function markStarted(
  store: Store,
  key: AttemptKey,
  by: { relayId: string; epoch: string },
): Promise<Start> {
  const { workspaceId, executionId, attempt } = key;
  const args = [workspaceId, executionId, attempt, by.relayId, by.epoch];
  return Start.parse(await store.call("start_execution", args));
}

const Settled = z.enum(["settled", "requeued", "repeat", "late", "not yours"]);
export type Settled = z.infer<typeof Settled>;

/** started | unknown → how the relay says that it ended. */
export async function settle(
  store: Store,
  workspaceId: string,
  relayId: string,
  result: Result,
  jws: string,
): Promise<Settled> {
  const { executionId, attempt } = result;
  const args = [workspaceId, executionId, attempt, relayId, JSON.stringify(result), jws];
  return Settled.parse(await store.call("settle_execution", args));
}

/**
 * Stores one piece of output. Returns where the piece that is stored at this offset ends, which
 * may be another than the one given; undefined when it is not this relay's to give.
 */
export async function storeOutput(
  store: Store,
  key: AttemptKey,
  relayId: string,
  offset: number,
  frames: Uint8Array,
): Promise<number | undefined> {
  const { workspaceId, executionId, attempt } = key;
  const args = [workspaceId, executionId, attempt, relayId, offset, Buffer.from(frames)];
  const end = await store.call("store_output", args);
  return z.coerce.number().nullable().parse(end) ?? undefined;
}

/** Stores the wish to cancel; the state that it found, undefined when there is no such execution. */
export async function requestCancel(
  store: Store,
  key: { workspaceId: string; executionId: string },
  by: { userId: string; method: string },
): Promise<string | undefined> {
  const args = [key.workspaceId, key.executionId, by.userId, by.method];
  const found = await store.call("cancel_execution", args);
  return z.string().nullable().parse(found) ?? undefined;
}

export async function expire(store: Store, workspaceId: string, id: string): Promise<boolean> {
  return z.boolean().parse(await store.call("expire_execution", [workspaceId, id]));
}

export async function markUnknown(store: Store, key: AttemptKey): Promise<boolean> {
  const { workspaceId, executionId, attempt } = key;
  const answer = await store.call("lose_execution", [workspaceId, executionId, attempt]);
  return z.boolean().parse(answer);
}
