import type { Logger } from "pino";
import { z } from "zod";
import type { Clock } from "../../../relay/process/clock.ts";
import { randomName } from "../../../relay/wire/ids.ts";
import type { Store } from "../../store/pool.ts";

export interface LeaseDeps {
  store: Pick<Store, "pool">;
  clock: Clock;
  log: Logger;
  /** How long it lasts from each renewal, by the database's clock. */
  leaseMs: number;
}

export interface HeldLease {
  /** When the owner before renewed it last; undefined where there was none. */
  sinceMs: number | undefined;
  /** Fires when it was not renewed in time: from then on another may hold it. */
  lost: AbortSignal;
  /** The next one need not wait for its end. */
  release(): Promise<void>;
}

const Taken = z.object({ is_taken: z.boolean(), before_ms: z.coerce.number().nullable() });
const RENEWALS = 3;

/** Waits until this process is the one owner of a name; undefined when `signal` fires first. */
export async function takeLease(
  deps: LeaseDeps,
  name: string,
  signal: AbortSignal,
): Promise<HeldLease | undefined> {
  const owner = randomName();
  while (!signal.aborted) {
    const askedMs = deps.clock.monotonicMs();
    const taken = await tryTake(deps, name, owner);
    if (taken?.is_taken) return held(deps, name, owner, askedMs, taken.before_ms ?? undefined);
    await deps.clock.sleep(deps.leaseMs / RENEWALS, signal);
  }
  return undefined;
}

function held(
  deps: LeaseDeps,
  name: string,
  owner: string,
  takenAtMs: number,
  sinceMs: number | undefined,
): HeldLease {
  const { clock, leaseMs, store } = deps;
  const losing = new AbortController();
  const releasing = new AbortController();
  const keeping = keep();

  /** Counted from before each question, so that it never ends later here than in the database. */
  async function keep(): Promise<void> {
    let goodUntilMs = takenAtMs + leaseMs;
    const over = AbortSignal.any([losing.signal, releasing.signal]);
    while (!over.aborted) {
      await clock.sleep(leaseMs / RENEWALS, over);
      if (over.aborted) return;
      const askedMs = clock.monotonicMs();
      const timer = clock.after(Math.max(0, goodUntilMs - askedMs), () => losing.abort());
      const taken = await tryTake(deps, name, owner);
      timer.cancel();
      if (taken?.is_taken) goodUntilMs = askedMs + leaseMs;
      else if (taken || clock.monotonicMs() >= goodUntilMs) losing.abort();
    }
  }

  return {
    sinceMs,
    lost: losing.signal,
    async release() {
      releasing.abort();
      await keeping;
      const end = "update leases set expires_at = clock_timestamp() where name = $1 and owner = $2";
      await store.pool.query(end, [name, owner]).catch(() => {});
    },
  };
}

/** Undefined where the database did not answer. */
async function tryTake({ store, log, leaseMs }: LeaseDeps, name: string, owner: string) {
  const statement = `
    with before as (select expires_at from leases where name = $1),
    taken as (
      insert into leases as l (name, owner, expires_at)
        values ($1, $2, clock_timestamp() + $3 * interval '1 millisecond')
        on conflict (name) do update set owner = excluded.owner, expires_at = excluded.expires_at,
          number = l.number + (l.owner <> excluded.owner)::int
        where l.owner = excluded.owner or l.expires_at < clock_timestamp()
        returning owner)
    select exists (select from taken) as is_taken,
      (select extract(epoch from expires_at) * 1000 - $3 from before) as before_ms`;
  try {
    const { rows } = await store.pool.query(statement, [name, owner, leaseMs]);
    return Taken.parse(rows[0]);
  } catch (error) {
    log.warn({ err: error }, "who speaks to Discord could not be looked up");
    return undefined;
  }
}
