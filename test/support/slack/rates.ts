import { RATES } from "./limits.ts";

/** Counts calls as Slack does: so many in any minute, and then for how long none. */
export interface Rates {
  /** Seconds to wait; 0 if the call is taken. */
  refusedFor(method: string, channel: string | undefined): number;
  /** The next calls of this method are refused for so long, whatever was called before. */
  refuseNext(method: string, times: number, retryAfterSeconds: number): void;
}

const MINUTE_MS = 60_000;

export function createRates(): Rates {
  const calls = new Map<string, number[]>();
  const refusals = new Map<string, { times: number; seconds: number }>();

  function waitFor(name: string, perMinute: number, nowMs: number): number {
    const recent = (calls.get(name) ?? []).filter((atMs) => nowMs - atMs < MINUTE_MS);
    calls.set(name, recent);
    const [first] = recent;
    if (recent.length < perMinute || first === undefined) return 0;
    return Math.ceil((first + MINUTE_MS - nowMs) / 1_000);
  }

  function refusedFor(method: string, channel: string | undefined): number {
    const planned = refusals.get(method);
    if (planned && planned.times-- > 0) return planned.seconds;
    const inChannel = RATES[`${method} in`];
    const limits: [string, number][] = [[method, RATES[method]?.perMinute ?? 1]];
    if (inChannel && channel) limits.push([`${method} ${channel}`, inChannel.perMinute]);
    const nowMs = performance.now();
    const waitSeconds = Math.max(...limits.map(([name, most]) => waitFor(name, most, nowMs)));
    if (waitSeconds === 0) for (const [name] of limits) calls.get(name)?.push(nowMs);
    return waitSeconds;
  }

  return {
    refusedFor,
    refuseNext: (method, times, seconds) => void refusals.set(method, { times, seconds }),
  };
}
