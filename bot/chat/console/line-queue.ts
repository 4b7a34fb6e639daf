/** Lines that have been typed and not yet been taken. */
export interface LineQueue {
  push(line: string): void;
  /** No line comes after those that are here. */
  end(): void;
  take(): string | undefined;
  /** The next line; undefined after the last. */
  next(): Promise<string | undefined>;
  clear(): void;
}

export function createLineQueue(): LineQueue {
  let lines: string[] = [];
  let hasEnded = false;
  let wake: () => void = () => {};

  async function next(): Promise<string | undefined> {
    while (lines.length === 0 && !hasEnded) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    return lines.shift();
  }

  return {
    push: (line) => {
      lines.push(line);
      wake();
    },
    end: () => {
      hasEnded = true;
      wake();
    },
    take: () => lines.shift(),
    next,
    clear: () => {
      lines = [];
    },
  };
}
