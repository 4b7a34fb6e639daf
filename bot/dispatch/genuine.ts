import { and, eq } from "drizzle-orm";
import { fromRelay, openFromRelay } from "../../relay/wire/envelope.ts";
import type { RelayRegistry } from "../relays/registry.ts";
import type { Store } from "../store/pool.ts";
import { attempts, results } from "../store/schema.ts";
import type { ExecutionRow } from "./executions.ts";
import { isMacOf } from "./mac.ts";

/** A waiting execution as the database tells of it, which is not yet believed. */
export interface Waiting {
  row: ExecutionRow;
  userId: string | null;
  /** By the audit events, which nobody can take back. */
  hasEnded: boolean;
  /** By the attempts on record, which nobody can take back either. */
  wasStarted: boolean;
}

interface GenuineDeps {
  store: Store;
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

interface Start {
  attempt: number;
  relayId: string;
  jws: string | null;
}

async function neverBegan(deps: GenuineDeps, row: ExecutionRow): Promise<boolean> {
  // Whatever its number: the number that the row has now was not checked by anybody.
  const starts = await readStarts(deps.store, row);
  const saidSo = await Promise.all(starts.map((start) => saysNotBegun(deps, row.id, start)));
  return saidSo.every((isSo) => isSo);
}

function readStarts(store: Store, { workspaceId, id }: ExecutionRow): Promise<Start[]> {
  return store.inWorkspace(workspaceId, (db) =>
    db
      .select({ attempt: attempts.attempt, relayId: attempts.relayId, jws: results.jws })
      .from(attempts)
      .leftJoin(
        results,
        and(eq(results.executionId, attempts.executionId), eq(results.attempt, attempts.attempt)),
      )
      .where(eq(attempts.executionId, id)),
  );
}

async function saysNotBegun(
  { registry }: GenuineDeps,
  executionId: string,
  { attempt, relayId, jws }: Start,
): Promise<boolean> {
  if (jws === null) return false;
  // Another bot may have enrolled it a moment ago.
  if (!registry.find(relayId)) await registry.refresh();
  const relay = registry.find(relayId);
  if (!relay) return false;
  const opened = await openFromRelay(fromRelay.result, Buffer.from(jws, "latin1"), relay.key);
  if (!opened.ok) return false;
  const { message } = opened;
  const isOfThis = message.executionId === executionId && message.attempt === attempt;
  return isOfThis && message.status === "not-begun";
}
