import type { OutputSink } from "../runtime.ts";

export interface WithoutComplaint {
  sink: OutputSink;
  /** Hands on what was held, unless the init process has said that it could not run the command. */
  end(code: number | undefined): Promise<string | undefined>;
}

/** The beginning of what the usual init process, tini, says where it cannot run the command. */
const BEGINNING = "[FATAL tini (";
const WHOLE = /^\[FATAL tini \(\d+\)\] (exec .* failed: .*)\n$/s;
/** The longest word of a command, and the words around it. */
const MOST_BYTES = 80 * 1024;

/**
 * Holds back the one thing that an init process says in place of the command: that it could not be
 * run. Anything else passes at once, and nothing is held after it.
 */
export function withoutComplaint(sink: OutputSink): WithoutComplaint {
  let held: Uint8Array = new Uint8Array();
  let isOver = false;

  async function release(): Promise<void> {
    const bytes = held;
    isOver = true;
    held = new Uint8Array();
    if (bytes.length > 0) await sink("stderr", bytes);
  }

  async function take(...[stream, bytes]: Parameters<OutputSink>): Promise<void> {
    if (isOver) return sink(stream, bytes);
    if (stream === "stderr" && mayBeComplaint(held, bytes)) {
      held = Buffer.concat([held, bytes]);
      return;
    }
    await release();
    await sink(stream, bytes);
  }

  async function end(code: number | undefined): Promise<string | undefined> {
    const isRefused = code === 126 || code === 127;
    const complaint = isRefused ? WHOLE.exec(Buffer.from(held).toString())?.[1] : undefined;
    if (complaint === undefined) await release();
    return complaint;
  }

  return { sink: take, end };
}

function mayBeComplaint(held: Uint8Array, more: Uint8Array): boolean {
  if (held.length + more.length > MOST_BYTES) return false;
  const text = Buffer.concat([held, more]).toString("latin1", 0, BEGINNING.length);
  return BEGINNING.startsWith(text);
}
