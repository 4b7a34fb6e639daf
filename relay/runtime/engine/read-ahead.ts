import type { Readable } from "node:stream";

export interface ReadAhead {
  /** Reads to memory what comes, within a bound, though nobody asks for it. */
  start(): void;
  stop(): void;
  /** All that has come, in order, to its end; one reader only. */
  chunks(): AsyncGenerator<Buffer>;
}

/** More than an engine holds of what has ended, and little enough for each of many. */
const MOST_BYTES = 4 * 1024 * 1024;

/** Reads a stream as it is asked for, or, where that has to be, faster than that. */
export function readAhead(stream: Readable): ReadAhead {
  const held: Buffer[] = [];
  let heldBytes = 0;
  let isAhead = false;
  let isOver = false;
  let wake = () => {};

  function take(): Buffer | undefined {
    const chunk: unknown = stream.read();
    return Buffer.isBuffer(chunk) ? chunk : undefined;
  }

  function takeToMemory(): void {
    while (isAhead && heldBytes < MOST_BYTES) {
      const chunk = take();
      if (!chunk) return;
      held.push(chunk);
      heldBytes += chunk.length;
    }
  }

  function next(): Buffer | undefined {
    const chunk = held.shift();
    heldBytes -= chunk?.length ?? 0;
    return chunk ?? take();
  }

  function finish(): void {
    isOver = true;
    wake();
  }

  stream.on("readable", () => {
    takeToMemory();
    wake();
  });
  // A connection that breaks says nothing of the command: whoever asks how it ended finds out.
  for (const event of ["end", "close", "error"]) stream.on(event, finish);

  return {
    start() {
      isAhead = true;
      takeToMemory();
    },
    stop() {
      isAhead = false;
    },
    async *chunks() {
      for (;;) {
        const chunk = next();
        if (chunk) yield chunk;
        else if (isOver) return;
        else await new Promise<void>((resolve) => (wake = resolve));
      }
    },
  };
}
