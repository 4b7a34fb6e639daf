import { atMost } from "./at-most.ts";
import type { BusMessage, MessageHandler } from "./bus.ts";
import { type Clock, systemClock } from "./clock.ts";

export interface HandlerRuns {
  /** Starts the handler at once; what it throws or rejects with goes to `onError`. */
  start(handler: MessageHandler, message: BusMessage): void;
  /** Resolves when no handler is running any more, or at the deadline. */
  finished(timeoutMs: number): Promise<void>;
}

/** Message handlers in hand, so that a bus that stops can let them finish. */
export function createHandlerRuns(
  onError: (error: unknown) => void,
  clock: Pick<Clock, "after" | "monotonicMs"> = systemClock,
): HandlerRuns {
  const running = new Set<Promise<void>>();

  function start(handler: MessageHandler, message: BusMessage): void {
    try {
      const result = handler(message);
      if (!(result instanceof Promise)) return;
      const run = result.catch(onError).finally(() => running.delete(run));
      running.add(run);
    } catch (error) {
      onError(error);
    }
  }

  async function finished(timeoutMs: number): Promise<void> {
    const deadline = clock.monotonicMs() + timeoutMs;
    while (running.size > 0 && clock.monotonicMs() < deadline) {
      await atMost(deadline - clock.monotonicMs(), [...running], clock);
    }
  }

  return { start, finished };
}
