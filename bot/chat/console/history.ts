import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { withoutControls } from "../../replies/plain-text.ts";

export const MAX_HISTORY_LINES = 1_000;
/** Longer lines are remembered until the program ends. */
const LONGEST_KEPT = 4_096;

/** What was typed before, newest first; empty where nothing was kept. */
export function readHistory(file: string): string[] {
  const lines = contentOf(file).split("\n");
  const kept = lines.map(withoutControls).filter((line) => line.trim() !== "");
  return kept.slice(-MAX_HISTORY_LINES).reverse();
}

function contentOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return "";
    throw error;
  }
}

/** Replaces the file at once, for this user's eyes only. */
export function writeHistory(file: string, newestFirst: readonly string[]): void {
  const kept = newestFirst.slice(0, MAX_HISTORY_LINES).filter((l) => l.length <= LONGEST_KEPT);
  const lines = kept.toReversed().map((line) => `${withoutControls(line)}\n`);
  const next = `${file}.${process.pid}`;
  writeFileSync(next, lines.join(""), { mode: 0o600 });
  renameSync(next, file);
}
