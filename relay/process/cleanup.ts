import { atMost } from "./at-most.ts";

export interface Cleanup {
  /** What was started, to be stopped before everything that was started earlier. */
  add(name: string, stop: () => void | Promise<void>): void;
  /**
   * Stops everything in reverse order, each within the deadline, whatever fails. A second call
   * gets the result of the first.
   */
  stop(): Promise<CleanupFault[]>;
}

export interface CleanupFault {
  name: string;
  /** Undefined for what did not stop in time. */
  error: unknown;
}

export function createCleanup({ deadlineMs = 10_000 }: { deadlineMs?: number } = {}): Cleanup {
  const stack: { name: string; stop: () => void | Promise<void> }[] = [];
  let result: Promise<CleanupFault[]> | undefined;

  async function stopAll(): Promise<CleanupFault[]> {
    const faults: CleanupFault[] = [];
    for (let entry = stack.pop(); entry; entry = stack.pop()) {
      const { name, stop } = entry;
      const stopping = (async () => stop())().catch((error: unknown) => {
        faults.push({ name, error });
      });
      const outcome = await atMost(deadlineMs, [stopping]);
      if (outcome === "late") faults.push({ name, error: undefined });
    }
    return faults;
  }

  return {
    add: (name, stop) => void stack.push({ name, stop }),
    stop: () => (result ??= stopAll()),
  };
}
