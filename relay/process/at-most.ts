import { type Clock, systemClock } from "./clock.ts";

/** Waits until all have settled, however they did, but no longer than `timeoutMs`. */
export async function atMost(
  timeoutMs: number,
  promises: readonly Promise<unknown>[],
  clock: Pick<Clock, "after"> = systemClock,
): Promise<"settled" | "late"> {
  const late = Promise.withResolvers<"late">();
  const timer = clock.after(timeoutMs, () => late.resolve("late"));
  const settled = Promise.allSettled(promises).then(() => "settled" as const);
  try {
    return await Promise.race([settled, late.promise]);
  } finally {
    timer.cancel();
  }
}
