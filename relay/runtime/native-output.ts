import type { ChildProcess } from "node:child_process";
import type { Readable } from "node:stream";
import type { OutputStream } from "../wire/frames.ts";
import type { OutputSink } from "./runtime.ts";

/** Output pipes of one process, read no faster than the sink takes them. */
export interface OutputPipes {
  /**
   * Resolves when everything that was written has reached the sink. A process that escaped from
   * its group may hold a pipe open for ever: one that stays silent for `idleMs` is given up.
   */
  end(idleMs: number): Promise<void>;
}

/** `onFault` hears of a sink that failed, once; what comes after that is thrown away. */
export function pipeOutput(
  child: ChildProcess,
  sink: OutputSink,
  onFault: (error: unknown) => void,
): OutputPipes {
  let reads = 0;
  let pending = 0;
  let failed = false;

  function pipe(stream: Readable | null, name: OutputStream): Promise<void> {
    if (!stream) return Promise.resolve();
    stream.on("data", (bytes: Buffer) => {
      reads++;
      if (failed) return;
      pending++;
      stream.pause();
      sink(name, bytes)
        .catch((error: unknown) => {
          failed = true;
          onFault(error);
        })
        .finally(() => {
          pending--;
          stream.resume();
        });
    });
    stream.on("error", () => {});
    return new Promise((resolve) => stream.once("close", () => resolve()));
  }

  const closed = Promise.all([pipe(child.stdout, "stdout"), pipe(child.stderr, "stderr")]);

  async function end(idleMs: number): Promise<void> {
    for (;;) {
      const before = reads;
      if (await settlesWithin(closed, idleMs)) return;
      if (pending > 0 || reads > before) continue;
      child.stdout?.destroy();
      child.stderr?.destroy();
    }
  }

  return { end };
}

async function settlesWithin(promise: Promise<unknown>, ms: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), ms);
  });
  try {
    return await Promise.race([promise.then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
}
