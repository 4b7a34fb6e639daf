import type { Clock } from "../../relay/process/clock.ts";

/**
 * What relays have refused lately, so that a waiting execution is not offered every second to a
 * relay whose owner's policy forbids it, and so that its caller can be told why it waits.
 */
export interface Refusals {
  add(executionId: string, epoch: string, reason: string): void;
  /** Whether this life of a relay has refused it a short while ago. */
  isFresh(executionId: string, epoch: string): boolean;
  lastFor(executionId: string): string | undefined;
  /** Drops what is old. */
  prune(): void;
}

const FRESH_FOR_MS = 30_000;

export function createRefusals(clock: Pick<Clock, "monotonicMs">): Refusals {
  const byExecution = new Map<string, { reason: string; atMs: Map<string, number> }>();

  function isRecent(atMs: number | undefined): boolean {
    return atMs !== undefined && clock.monotonicMs() - atMs < FRESH_FOR_MS;
  }

  return {
    add(executionId, epoch, reason) {
      const known = byExecution.get(executionId) ?? { reason, atMs: new Map() };
      known.reason = reason;
      known.atMs.set(epoch, clock.monotonicMs());
      byExecution.set(executionId, known);
    },
    isFresh: (executionId, epoch) => isRecent(byExecution.get(executionId)?.atMs.get(epoch)),
    lastFor: (executionId) => byExecution.get(executionId)?.reason,
    prune() {
      for (const [executionId, { atMs }] of byExecution) {
        if (![...atMs.values()].some(isRecent)) byExecution.delete(executionId);
      }
    },
  };
}
