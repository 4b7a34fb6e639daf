const DISCORD_EPOCH_MS = 1_420_070_400_000;

/** Ids as Discord gives them: the time in milliseconds, then a number that grows. */
export function createSnowflakes(): { next(atMs?: number): string } {
  let count = 0n;
  return {
    next(atMs = Date.now()) {
      count = (count + 1n) % 4_194_304n;
      return String((BigInt(atMs - DISCORD_EPOCH_MS) << 22n) | count);
    },
  };
}

export function timeOfSnowflake(id: string): number {
  return Number(BigInt(id) >> 22n) + DISCORD_EPOCH_MS;
}
