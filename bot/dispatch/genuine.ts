import { fromRelay, type Opened, openFromRelay } from "../../relay/wire/envelope.ts";
import type { Result } from "../../relay/wire/messages.ts";
import type { KnownRelay, RelayRegistry } from "../relays/registry.ts";
import type { ExecutionStore, StartOnRecord, Waiting } from "./execution-store.ts";
import type { ExecutionRow } from "./executions.ts";
import { isMacOf } from "./mac.ts";
import { isBeforeChange } from "./previous-key.ts";

interface GenuineDeps {
  executions: Pick<ExecutionStore, "starts">;
  registry: RelayRegistry;
  macKey: Buffer;
}

/**
 * Whether it waits rightly: decided by a bot, not ended before, and, where it must not run twice,
 * started before only by relays that have signed that nothing began.
 */
export async function isGenuine(deps: GenuineDeps, waiting: Waiting): Promise<boolean> {
  const { row, userId, hasEnded, wasStarted } = waiting;
  if (hasEnded) return false;
  const { workspaceId, spec, facts, mac } = row;
  const decided = { workspaceId, userId: userId ?? "", spec, facts };
  if (!isMacOf(deps.macKey, decided, mac)) return false;
  return !wasStarted || spec.delivery === "at-least-once" || neverBegan(deps, row);
}

async function neverBegan(deps: GenuineDeps, row: ExecutionRow): Promise<boolean> {
  // Whatever its number: the number that the row has now was not checked by anybody.
  const starts = await deps.executions.starts(row.workspaceId, row.id);
  const saidSo = await Promise.all(starts.map((start) => saysNotBegun(deps, row.id, start)));
  return saidSo.every((isSo) => isSo);
}

async function saysNotBegun(
  { registry }: GenuineDeps,
  executionId: string,
  { attempt, relayId, startedAt, jws }: StartOnRecord,
): Promise<boolean> {
  if (jws === null) return false;
  // Another bot may have enrolled it a moment ago.
  if (!registry.find(relayId)) await registry.refresh();
  const relay = registry.find(relayId);
  if (!relay) return false;
  const opened = await openAtItsTime(relay, startedAt, Buffer.from(jws, "latin1"));
  if (!opened.ok) return false;
  const { message } = opened;
  const isOfThis = message.executionId === executionId && message.attempt === attempt;
  return isOfThis && message.status === "not-begun";
}

/** By the key that counts now, or by the one before for what was permitted before the change. */
async function openAtItsTime(
  relay: KnownRelay,
  startedAt: Date,
  jws: Uint8Array,
): Promise<Opened<Result>> {
  const opened = await openFromRelay(fromRelay.result, jws, relay.key);
  if (opened.ok || !relay.previousKey || !isBeforeChange(relay, startedAt)) return opened;
  return openFromRelay(fromRelay.result, jws, relay.previousKey);
}
