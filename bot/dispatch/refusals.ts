import type { Clock } from "../../relay/process/clock.ts";

/**
 * What relays have refused lately, so that a waiting execution is not offered every second to a
 * relay whose owner's policy forbids it, and so that its caller can be told why it waits.
 */
export interface Refusals {
  /** That life of a relay is not asked again about it for so long. */
  add(executionId: string, epoch: string, reason: string, restMs: number): void;
  /** Whether this life of a relay has refused it a short while ago. */
  isFresh(executionId: string, epoch: string): boolean;
  lastFor(executionId: string): string | undefined;
  /** Drops what is old. */
  prune(): void;
}

export function createRefusals(clock: Pick<Clock, "monotonicMs">): Refusals {
  const byExecution = new Map<string, { reason: string; untilMs: Map<string, number> }>();

  function isAhead(untilMs: number | undefined): boolean {
    return untilMs !== undefined && clock.monotonicMs() < untilMs;
  }

  return {
    add(executionId, epoch, reason, restMs) {
      const known = byExecution.get(executionId) ?? { reason, untilMs: new Map() };
      known.reason = reason;
      known.untilMs.set(epoch, clock.monotonicMs() + restMs);
      byExecution.set(executionId, known);
    },
    isFresh: (executionId, epoch) => isAhead(byExecution.get(executionId)?.untilMs.get(epoch)),
    lastFor: (executionId) => byExecution.get(executionId)?.reason,
    prune() {
      for (const [executionId, { untilMs }] of byExecution) {
        if (![...untilMs.values()].some(isAhead)) byExecution.delete(executionId);
      }
    },
  };
}
