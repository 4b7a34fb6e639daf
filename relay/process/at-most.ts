/** Waits until all have settled, however they did, but no longer than `timeoutMs`. */
export async function atMost(
  timeoutMs: number,
  promises: readonly Promise<unknown>[],
): Promise<"settled" | "late"> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<"late">((resolve) => {
    timer = setTimeout(resolve, timeoutMs, "late");
  });
  const settled = Promise.allSettled(promises).then(() => "settled" as const);
  try {
    return await Promise.race([settled, late]);
  } finally {
    clearTimeout(timer);
  }
}
