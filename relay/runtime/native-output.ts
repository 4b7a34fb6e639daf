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
  { stdout, stderr }: { stdout: Readable; stderr: Readable },
  sink: OutputSink,
  onFault: (error: unknown) => void,
): OutputPipes {
  let reads = 0;
  let failed = false;
  const pending = new Set<Promise<void>>();

  async function take(name: OutputStream, bytes: Buffer): Promise<void> {
    try {
      await sink(name, bytes);
    } catch (error) {
      failed = true;
      onFault(error);
    }
  }

  function pipe(stream: Readable, name: OutputStream): Promise<void> {
    stream.on("data", (bytes: Buffer) => {
      reads++;
      if (failed) return;
      stream.pause();
      const taken = take(name, bytes).finally(() => {
        pending.delete(taken);
        stream.resume();
      });
      pending.add(taken);
    });
    stream.on("error", () => {});
    return new Promise((resolve) => stream.once("close", () => resolve()));
  }

  const closed = Promise.all([pipe(stdout, "stdout"), pipe(stderr, "stderr")]);
  // Node resumes the pipes of a process that has ended: they may close before the sink is done.
  const drained = closed.then(() => Promise.all(pending));

  async function end(idleMs: number): Promise<void> {
    for (;;) {
      const before = reads;
      if (await settlesWithin(drained, idleMs)) return;
      if (pending.size > 0 || reads > before) continue;
      stdout.destroy();
      stderr.destroy();
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
