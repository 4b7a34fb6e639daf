import { sendCancel } from "./cancel.ts";
import { type DispatchCore, offerQueued } from "./dispatch.ts";
import { tellEndOf } from "./ends.ts";
import type { AttemptKey, Open } from "./execution-store.ts";
import type { ExecutionRow } from "./executions.ts";
import { isGenuine } from "./genuine.ts";

/** Makes again, from what was stored, the decision that hangs on a relay's tags. */
export type RelayDecision = (
  row: ExecutionRow,
) => Promise<(tags: Readonly<Record<string, string>>) => boolean>;

export interface SweepDeps extends DispatchCore {
  decideOnRelay: RelayDecision;
  intervalMs: number;
  /** A relay silent for so long counts as unreachable. */
  silenceMs: number;
}

export interface Sweep {
  /** Looks again at once, or right after the round that is under way. */
  soon(): void;
  stop(): Promise<void>;
}

/**
 * Takes care of what nobody holds in hand: executions that wait for a relay, offers that were not
 * claimed in time, relays that fell silent, and what another bot left when it ended.
 */
export function startSweep(deps: SweepDeps): Sweep {
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

  const timer = deps.clock.every(deps.intervalMs, run);
  run();
  return {
    soon: run,
    async stop() {
      timer.cancel();
      again = false;
      await running;
    },
  };
}

async function sweep(deps: SweepDeps, reported: Set<string>): Promise<void> {
  deps.refusals.prune();
  for (const workspaceId of await deps.executions.workspaces()) {
    const speaking = speakingIn(deps, workspaceId);
    await deps.executions.hear(workspaceId, speaking);
    let after: string | undefined;
    do {
      const page: Open[] = await deps.executions.listOpen(workspaceId, speaking, after);
      await Promise.all(page.map((open) => tendSafely(deps, open, reported)));
      after = page.at(-1)?.row.id;
    } while (after !== undefined);
    await tellEnds(deps, workspaceId);
  }
}

/** The lives of relays that this bot hears now. */
function speakingIn({ registry }: SweepDeps, workspaceId: string): string[] {
  return registry
    .list(workspaceId)
    .filter((relay) => registry.isReachable(relay))
    .map(({ id, epoch }) => `${id}/${epoch}`);
}

/** What goes wrong with one execution is no reason to leave the others alone. */
async function tendSafely(deps: SweepDeps, open: Open, reported: Set<string>): Promise<void> {
  try {
    await tend(deps, open, reported);
  } catch (error) {
    deps.log.warn({ err: error, executionId: open.row.id }, "an execution could not be tended");
  }
}

async function tend(deps: SweepDeps, open: Open, reported: Set<string>): Promise<void> {
  const { row } = open;
  if (open.isOfferStale) {
    await deps.executions.requeue(keyOf(row), "the relay did not claim it in time");
    return;
  }
  if (row.state === "started" || row.state === "unknown") return tendStarted(deps, row);
  if (row.state !== "queued" || (await deps.executions.expire(row.workspaceId, row.id))) return;
  if (!(await isGenuine(deps, open))) return reportForged(deps, row, reported);
  const mayRunOn = await deps.decideOnRelay(row);
  const { spec, attempt, offerTimeoutMs, workspaceId } = row;
  const [tried, knownReason] = [new Set<string>(), row.reason];
  const work = { workspaceId, spec, attempt, offerTimeoutMs, mayRunOn, tried, knownReason };
  // Not awaited: a relay that does not answer must not hold up the rest.
  offerQueued(deps, work).catch((error: unknown) => {
    deps.log.warn({ err: error, executionId: row.id }, "a waiting execution could not be offered");
  });
}

/**
 * Once: nothing takes it out of the queue but its end there. What another bot has offered since
 * the queue was read has been looked at by that bot, and may have been started again by now.
 */
async function reportForged(
  deps: SweepDeps,
  { id, workspaceId, attempt }: ExecutionRow,
  reported: Set<string>,
): Promise<void> {
  if (reported.has(id)) return;
  const now = await deps.executions.find(workspaceId, id);
  if (now?.state !== "queued" || now.attempt !== attempt) return;
  reported.add(id);
  deps.log.error({ executionId: id }, "an execution does not wait rightly: not dispatched");
  await deps.executions.reportForged(workspaceId, id);
}

async function tendStarted(deps: SweepDeps, row: ExecutionRow): Promise<void> {
  if (isUnheard(deps, row)) {
    const outcome = await deps.executions.noteSilence(keyOf(row));
    if (outcome === "requeued") deps.onQueued();
  }
  if (row.cancelRequestedAt) {
    // The first word of it may have been lost; a relay that knows already does nothing.
    await sendCancel(deps, { workspaceId: row.workspaceId, executionId: row.id });
  }
}

/**
 * Whether this bot can say that nobody speaks for this execution. A relay that is back in another
 * life speaks for it no more, unless its journal does; of one that is not heard at all, this bot
 * can say so only once it has listened long enough itself.
 */
function isUnheard(deps: SweepDeps, { relayId, epoch }: ExecutionRow): boolean {
  const relay = relayId === null ? undefined : deps.registry.find(relayId);
  if (relay && deps.registry.isReachable(relay)) return relay.epoch !== epoch;
  return deps.clock.monotonicMs() - deps.hearsSinceMs() > deps.silenceMs;
}

/** Tells followers here of an end that another bot has written. */
async function tellEnds(deps: SweepDeps, workspaceId: string): Promise<void> {
  const followed = deps.live.watchedFor(deps.intervalMs);
  if (followed.length === 0) return;
  for (const row of await deps.executions.ended(workspaceId, followed)) tellEndOf(deps.live, row);
}

function keyOf({ workspaceId, id, attempt }: ExecutionRow): AttemptKey {
  return { workspaceId, executionId: id, attempt };
}
