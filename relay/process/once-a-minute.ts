const AGAIN_AFTER_MS = 60_000;

/** True for each name once, and again when a minute has passed since. */
export function onceAMinute(nowMs: () => number): (name: string) => boolean {
  const saidAtMs = new Map<string, number>();
  return (name) => {
    const now = nowMs();
    // Oldest first: what is behind one that still counts is younger.
    for (const [known, atMs] of saidAtMs) {
      if (now - atMs < AGAIN_AFTER_MS) break;
      saidAtMs.delete(known);
    }
    if (saidAtMs.has(name)) return false;
    saidAtMs.set(name, now);
    return true;
  };
}
