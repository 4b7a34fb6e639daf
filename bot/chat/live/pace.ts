import type { Clock, Timer } from "../../../relay/process/clock.ts";

/** How often something may be called: a bucket of `burst` calls that fills again steadily. */
export interface Limit {
  calls: number;
  perMs: number;
  burst: number;
}

/**
 * `now`: somebody waits for it. `soon`: it must come. `spare`: worth sending only if nothing else
 * needs the limit; it never takes the last third of a burst.
 */
export type Urgency = "now" | "soon" | "spare";

export interface Call<T> {
  /** Names of the limits that it counts against, the narrowest last. */
  counts: readonly string[];
  urgency: Urgency;
  /** Gives up while it still waits; what has been sent is not called back. */
  signal?: AbortSignal | undefined;
  send(): Promise<T>;
}

/** Sends calls as fast as a provider takes them, in turn, so that none keeps the others waiting. */
export interface Pace {
  run<T>(call: Call<T>): Promise<T>;
}

/** The provider takes no more of these for a while: to be thrown by {@link Call.send}. */
export class SlowDown extends Error {
  override readonly name = "SlowDown";
  readonly retryAfterMs: number;

  constructor(retryAfterMs: number) {
    super(`slow down for ${retryAfterMs} ms`);
    this.retryAfterMs = retryAfterMs;
  }
}

interface Bucket {
  limit: Limit;
  tokens: number;
  atMs: number;
}

interface Waiting {
  counts: readonly string[];
  urgency: Urgency;
  send(): void;
}

const ORDER: readonly Urgency[] = ["now", "soon", "spare"];

export interface PaceOptions {
  clock: Pick<Clock, "monotonicMs" | "after">;
  limitOf(name: string): Limit;
}

export function createPace({ clock, limitOf }: PaceOptions): Pace {
  const waiting = new Set<Waiting>();
  const buckets = new Map<string, Bucket>();
  let timer: Timer | undefined;

  function bucketOf(name: string): Bucket {
    const nowMs = clock.monotonicMs();
    const limit = limitOf(name);
    const bucket = buckets.get(name) ?? { limit, tokens: limit.burst, atMs: nowMs };
    buckets.set(name, refilled(bucket, nowMs));
    return bucket;
  }

  /** Looks at all that waits, the urgent first and each kind in the order in which it came. */
  function pump(): void {
    timer?.cancel();
    let nextMs = Number.POSITIVE_INFINITY;
    for (const urgency of ORDER) {
      for (const each of waiting) {
        if (each.urgency !== urgency) continue;
        const own = each.counts.map(bucketOf);
        const waitMs = Math.max(0, ...own.map((bucket) => waitFor(bucket, urgency)));
        nextMs = Math.min(nextMs, waitMs === 0 ? nextMs : waitMs);
        if (waitMs === 0) take(each, own);
      }
    }
    for (const [name, bucket] of buckets) {
      if (bucket.tokens >= bucket.limit.burst) buckets.delete(name);
    }
    if (nextMs < Number.POSITIVE_INFINITY) timer = clock.after(Math.ceil(nextMs), pump);
  }

  function take(each: Waiting, own: readonly Bucket[]): void {
    for (const bucket of own) bucket.tokens -= 1;
    waiting.delete(each);
    each.send();
  }

  /** What the provider refuses takes its place again, behind a limit that is empty for as long. */
  function refuse(each: Waiting, retryAfterMs: number): void {
    const narrowest = each.counts.at(-1);
    if (narrowest !== undefined) {
      const bucket = bucketOf(narrowest);
      const { calls, perMs } = bucket.limit;
      bucket.tokens = Math.min(bucket.tokens, 1 - (retryAfterMs * calls) / perMs);
    }
    const others = [...waiting];
    waiting.clear();
    for (const other of [each, ...others]) waiting.add(other);
  }

  function run<T>({ counts, urgency, signal, send }: Call<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const drop = () => {
        waiting.delete(each);
        reject(signal?.reason);
      };
      const each: Waiting = {
        counts,
        urgency,
        send: () => {
          signal?.removeEventListener("abort", drop);
          send().then(resolve, (error: unknown) => {
            if (!(error instanceof SlowDown)) return reject(error);
            if (signal?.aborted) return reject(signal.reason);
            signal?.addEventListener("abort", drop, { once: true });
            refuse(each, error.retryAfterMs);
            pump();
          });
        },
      };
      if (signal?.aborted) return reject(signal.reason);
      signal?.addEventListener("abort", drop, { once: true });
      waiting.add(each);
      pump();
    });
  }

  return { run };
}

function refilled(bucket: Bucket, nowMs: number): Bucket {
  const { calls, perMs, burst } = bucket.limit;
  bucket.tokens = Math.min(burst, bucket.tokens + ((nowMs - bucket.atMs) * calls) / perMs);
  bucket.atMs = nowMs;
  return bucket;
}

/** How long until the bucket lets a call of this urgency through; rounding must not keep it waiting. */
function waitFor({ limit, tokens }: Bucket, urgency: Urgency): number {
  const needed = urgency === "spare" ? 1 + Math.floor(limit.burst / 3) : 1;
  const missing = needed - tokens;
  return missing <= 1e-9 ? 0 : (missing * limit.perMs) / limit.calls;
}
