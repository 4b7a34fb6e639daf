import { setTimeout as sleep } from "node:timers/promises";
import { BusError } from "./bus.ts";

export interface KeepTryingOptions<T> {
  signal: AbortSignal | undefined;
  delayMs(attempt: number): number;
  onFailure(error: unknown, retryMs: number): void;
  /** Takes back what arrives after the abort. */
  discard(late: T): Promise<void>;
}

/** Repeats `work` until it succeeds; rejects only with {@link BusError} `aborted`. */
export async function keepTrying<T>(
  work: () => Promise<T>,
  options: KeepTryingOptions<T>,
): Promise<T> {
  const { signal } = options;
  for (let attempt = 0; !signal?.aborted; attempt++) {
    try {
      return await abortable(work(), options);
    } catch (error) {
      if (signal?.aborted) break;
      const retryMs = options.delayMs(attempt);
      options.onFailure(error, retryMs);
      await sleep(retryMs, undefined, signal ? { signal } : {}).catch(() => {});
    }
  }
  throw new BusError("aborted", "gave up connecting to the bus");
}

async function abortable<T>(work: Promise<T>, options: KeepTryingOptions<T>): Promise<T> {
  const { signal, discard } = options;
  if (!signal) return work;
  const { promise, reject } = Promise.withResolvers<never>();
  const onAbort = () => {
    work.then(discard).catch(() => {});
    reject(signal.reason);
  };
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
