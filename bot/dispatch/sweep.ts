import { and, eq, gt, inArray, or, sql } from "drizzle-orm";
import { recordEvent } from "../audit/event.ts";
import { executions, invocations } from "../store/schema.ts";
import { listWorkspaces } from "../store/workspaces.ts";
import { sendCancel } from "./cancel.ts";
import { type DispatchDeps, offerQueued } from "./dispatch.ts";
import type { ExecutionRow } from "./executions.ts";
import { isGenuine, type Waiting } from "./genuine.ts";
import { expire, markUnknown, requeue } from "./transitions.ts";

/** Makes again, from what was stored, the decision that hangs on a relay's tags. */
export type RelayDecision = (
  row: ExecutionRow,
) => Promise<(tags: Readonly<Record<string, string>>) => boolean>;

export interface SweepDeps extends DispatchDeps {
  decideOnRelay: RelayDecision;
  intervalMs: number;
}

interface Open extends Waiting {
  isOfferStale: boolean;
}

const PAGE = 200;

/**
 * Takes care of what nobody holds in hand: executions that wait for a relay, offers that were not
 * claimed in time, relays that fell silent, and what another bot left when it ended.
 */
export function startSweep(deps: SweepDeps): { soon(): void; stop(): Promise<void> } {
  const reported = new Set<string>();
  let running: Promise<void> | undefined;
  let again = false;

  function run(): void {
    if (running) {
      again = true;
      return;
    }
    running = sweep(deps, reported)
      .catch((error: unknown) => deps.log.warn({ err: error }, "sweep failed"))
      .finally(() => {
        running = undefined;
        if (again) {
          again = false;
          run();
        }
      });
  }

  const timer = setInterval(run, deps.intervalMs);
  run();
  return {
    soon: run,
    async stop() {
      clearInterval(timer);
      again = false;
      await running;
    },
  };
}

async function sweep(deps: SweepDeps, reported: Set<string>): Promise<void> {
  deps.refusals.prune();
  for (const { id } of await listWorkspaces(deps.store)) {
    let after: Open | undefined;
    do {
      const page: Open[] = await listOpen(deps, id, after);
      await Promise.all(page.map((open) => tendSafely(deps, open, reported)));
      after = page.length === PAGE ? page.at(-1) : undefined;
    } while (after);
    await tellEnds(deps, id);
  }
}

/** What goes wrong with one execution is no reason to leave the others alone. */
async function tendSafely(deps: SweepDeps, open: Open, reported: Set<string>): Promise<void> {
  try {
    await tend(deps, open, reported);
  } catch (error) {
    deps.log.warn({ err: error, executionId: open.row.id }, "an execution could not be tended");
  }
}

/**
 * What needs looking at, oldest first: what waits, offers nobody claimed in time, and of what runs
 * only what is to be cancelled or whose relay, in that epoch, does not speak for it now. `after`
 * is the last of the page before.
 */
function listOpen(
  { store, registry }: SweepDeps,
  workspaceId: string,
  after: Open | undefined,
): Promise<Open[]> {
  const speaking = registry
    .list(workspaceId)
    .filter((relay) => registry.isReachable(relay))
    .map(({ id, epoch }) => `${id}/${epoch}`);
  const isStale = sql<boolean>`${executions.state} = 'offered'
    and ${executions.offeredAt} + ${executions.offerTimeoutMs} * interval '1 millisecond' < now()`;
  const isUnspokenFor = sql`${executions.state} = 'started'
    and (${executions.cancelRequestedAt} is not null
      or ${executions.relayId} || '/' || ${executions.epoch} <> all(${sql.param(speaking)}::text[]))`;
  return store.inWorkspace(workspaceId, (db) =>
    db
      .select({
        row: executions,
        userId: invocations.userId,
        isOfferStale: isStale,
        hasEnded: sql<boolean>`exists (select from audit_events a
          where a.invocation_id = ${executions.invocationId} and a.execution_id = ${executions.id}
            and a.kind = 'execution.ended')`,
        wasStarted: sql<boolean>`exists (select from attempts t
          where t.execution_id = ${executions.id})`,
      })
      .from(executions)
      .innerJoin(invocations, eq(invocations.id, executions.invocationId))
      .where(
        and(
          inArray(executions.state, ["queued", "offered", "started"]),
          or(eq(executions.state, "queued"), isStale, isUnspokenFor),
          after && gt(executions.id, after.row.id),
        ),
      )
      .orderBy(executions.id)
      .limit(PAGE),
  );
}

async function tend(deps: SweepDeps, open: Open, reported: Set<string>): Promise<void> {
  const { row } = open;
  const key = { workspaceId: row.workspaceId, executionId: row.id, attempt: row.attempt };
  if (open.isOfferStale) {
    await requeue(deps.store, key, "the relay did not claim it in time");
    return;
  }
  if (row.state === "started") return tendStarted(deps, row);
  if (row.state !== "queued" || (await expire(deps.store, row.workspaceId, row.id))) return;
  if (!(await isGenuine(deps, open))) return reportForged(deps, row, reported);
  const mayRunOn = await deps.decideOnRelay(row);
  const { spec, attempt, offerTimeoutMs, workspaceId } = row;
  const work = { workspaceId, spec, attempt, offerTimeoutMs, mayRunOn, tried: new Set<string>() };
  // Not awaited: a relay that does not answer must not hold up the rest.
  offerQueued(deps, work).catch((error: unknown) => {
    deps.log.warn({ err: error, executionId: row.id }, "a waiting execution could not be offered");
  });
}

/** Once: nothing takes it out of the queue but its end there. */
async function reportForged(
  deps: SweepDeps,
  { id, workspaceId }: ExecutionRow,
  reported: Set<string>,
): Promise<void> {
  if (reported.has(id)) return;
  reported.add(id);
  deps.log.error({ executionId: id }, "an execution does not wait rightly: not dispatched");
  await recordEvent(deps.store, workspaceId, {
    kind: "execution.forged",
    method: "system",
    object: `execution:${id}`,
    detail: { executionId: id },
  });
}

async function tendStarted(deps: SweepDeps, row: ExecutionRow): Promise<void> {
  if (silentForMs(deps, row) > row.lostAfterMs) {
    const key = { workspaceId: row.workspaceId, executionId: row.id, attempt: row.attempt };
    await markUnknown(deps.store, key);
  } else if (row.cancelRequestedAt) {
    // The first word of it may have been lost; a relay that knows already does nothing.
    await sendCancel(deps, { workspaceId: row.workspaceId, executionId: row.id });
  }
}

/**
 * For how long nobody has spoken for this execution. A relay that is back in another epoch speaks
 * for it no more, unless its journal does. While this bot itself is cut off it knows nothing.
 */
function silentForMs(deps: SweepDeps, row: ExecutionRow): number {
  const relay = row.relayId === null ? undefined : deps.registry.find(row.relayId);
  const lastWordMs =
    relay && row.epoch === relay.epoch ? relay.heardAtMs : (relay?.epochSinceMs ?? 0);
  return performance.now() - Math.max(lastWordMs, deps.hearsSinceMs());
}

/** Tells followers here of an end that another bot has written. */
async function tellEnds(deps: SweepDeps, workspaceId: string): Promise<void> {
  const followed = deps.live.watchedFor(deps.intervalMs);
  if (followed.length === 0) return;
  const rows = await deps.store.inWorkspace(workspaceId, (db) =>
    db
      .select()
      .from(executions)
      .where(
        and(
          inArray(executions.id, followed),
          sql`(${executions.endedAt} is not null or ${executions.state} = 'unknown')`,
        ),
      ),
  );
  for (const row of rows) {
    deps.live.ended(row.id, {
      state: row.state,
      exitCode: row.exitCode ?? undefined,
      reason: row.reason ?? undefined,
      durationMs: row.durationMs ?? undefined,
    });
  }
}
