const WORTH_TELLING_MS = 2_000;

/** " (2.4 s)", " (3 min 5 s)"; nothing for what was quick. */
export function wordsForDuration(ms: number | undefined): string {
  if (ms === undefined || ms <= WORTH_TELLING_MS) return "";
  if (ms < 59_950) return ` (${(ms / 1000).toFixed(1)} s)`;
  const seconds = Math.round(ms / 1000);
  return ` (${Math.floor(seconds / 60)} min ${seconds % 60} s)`;
}
