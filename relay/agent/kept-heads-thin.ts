import type { KeptHead } from "./kept-heads-file.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const RECENT = 8;
const MOST = 500;

/**
 * Of heads in the order of their numbers: the newest eight, then the last of each minute for ten
 * minutes, of each hour for a day and of each day before. A rewritten chain that has grown past
 * the newest head still contradicts one of these.
 */
export function thinHeads(heads: readonly KeptHead[]): KeptHead[] {
  const nowMs = Math.max(...heads.map(({ at }) => Date.parse(at)));
  const recentFrom = heads.length - RECENT;
  return heads.filter(isKept).slice(-MOST);

  function isKept({ at }: KeptHead, index: number): boolean {
    const next = heads[index + 1];
    if (index >= recentFrom || !next) return true;
    return spanOf(at, nowMs) !== spanOf(next.at, nowMs);
  }
}

/** The part of a time that heads of its age share. */
function spanOf(at: string, nowMs: number): string {
  const ageMs = nowMs - Date.parse(at);
  if (ageMs < 10 * MINUTE_MS) return at.slice(0, 16);
  return at.slice(0, ageMs < DAY_MS ? 13 : 10);
}
