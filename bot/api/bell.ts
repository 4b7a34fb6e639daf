/** Something to wait for that may ring before the wait begins. */
export interface Bell {
  ring(): void;
  /** Resolves when it rings, or has rung since the last wait, or after `timeoutMs`. */
  wait(timeoutMs: number): Promise<"rung" | "quiet">;
}

export function createBell(): Bell {
  let hasRung = false;
  let wake: (() => void) | undefined;
  return {
    ring() {
      hasRung = true;
      wake?.();
    },
    async wait(timeoutMs) {
      if (!hasRung) {
        const { promise, resolve } = Promise.withResolvers<void>();
        const timer = setTimeout(resolve, timeoutMs);
        wake = resolve;
        await promise;
        clearTimeout(timer);
        wake = undefined;
      }
      const outcome = hasRung ? "rung" : "quiet";
      hasRung = false;
      return outcome;
    },
  };
}
