import type { ExecutionState } from "../store/schema.ts";

/** How an execution ended, in one line for people; nothing for one that simply succeeded. */
export function wordsForEnd(end: {
  state: ExecutionState;
  exitCode?: number | undefined;
  reason?: string | undefined;
}): string | undefined {
  const because = end.reason ? `: ${end.reason}` : "";
  switch (end.state) {
    case "succeeded":
      return undefined;
    case "failed":
      return end.exitCode === undefined
        ? `failed${because}`
        : `failed with exit code ${end.exitCode}${because}`;
    case "timed-out":
      return "ended after its time limit";
    case "cancelled":
      return "cancelled";
    case "interrupted":
      return `interrupted by the relay${because}`;
    case "expired":
      return `not run${because || ": no relay took it in time"}`;
    case "unknown":
      return `nobody knows whether it ran to its end${because}`;
    default:
      return end.state;
  }
}

/** "just now", "12 s ago", "3 min ago". */
export function wordsForAge(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 2) return "just now";
  if (seconds < 120) return `${seconds} s ago`;
  const minutes = Math.round(seconds / 60);
  return minutes < 120 ? `${minutes} min ago` : `${Math.round(minutes / 60)} h ago`;
}
