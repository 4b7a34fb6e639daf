import { LIMITS, type Rate } from "./limits.ts";

export interface Verdict {
  headers: Record<string, string>;
  /** Set when the request is refused. */
  refusal?: { retryAfterMs: number; isGlobal: boolean };
}

interface Window {
  startedMs: number;
  used: number;
}

/** Counts requests by bucket, and all together, as Discord does. */
export function createRateLimits(nowMs: () => number = () => performance.now()) {
  const windows = new Map<string, Window>();
  let forced: { untilMs: number; isGlobal: boolean } | undefined;

  function take(key: string, { requests, perMs }: Rate): { leftMs: number; remaining: number } {
    const now = nowMs();
    const known = windows.get(key);
    const window = known && now < known.startedMs + perMs ? known : { startedMs: now, used: 0 };
    windows.set(key, window);
    window.used++;
    return { leftMs: window.startedMs + perMs - now, remaining: requests - window.used };
  }

  function judge(bucket: string, rate: Rate | undefined): Verdict {
    if (forced && forced.untilMs > nowMs()) {
      const { untilMs, isGlobal } = forced;
      return { headers: {}, refusal: { retryAfterMs: untilMs - nowMs(), isGlobal } };
    }
    const all = take("*", { requests: LIMITS.requestsPerSecond.is, perMs: 1_000 });
    if (all.remaining < 0) {
      return { headers: {}, refusal: { retryAfterMs: all.leftMs, isGlobal: true } };
    }
    if (!rate) return { headers: {} };
    const { leftMs, remaining } = take(bucket, rate);
    const headers = {
      "x-ratelimit-limit": String(rate.requests),
      "x-ratelimit-remaining": String(Math.max(0, remaining)),
      "x-ratelimit-reset": ((Date.now() + leftMs) / 1000).toFixed(3),
      "x-ratelimit-reset-after": (leftMs / 1000).toFixed(3),
      "x-ratelimit-bucket": Buffer.from(bucket.split(" ")[0] ?? "").toString("hex"),
    };
    if (remaining >= 0) return { headers };
    return { headers, refusal: { retryAfterMs: leftMs, isGlobal: false } };
  }

  return {
    judge,
    /** Every bucket is full again. */
    forget: () => windows.clear(),
    /** Refuses everything for a while, as when another program shares the token. */
    refuseAll(ms: number, isGlobal = true): void {
      forced = { untilMs: nowMs() + ms, isGlobal };
    },
  };
}
export type RateLimits = ReturnType<typeof createRateLimits>;
