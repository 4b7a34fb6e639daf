import type { Clock, Timer } from "../process/clock.ts";
import type { OutputSink } from "../runtime/runtime.ts";
import type { OutputStream } from "../wire/frames.ts";
import type { RedactedStream, Redaction } from "./redact.ts";

/** For so long a stream must be silent before what is held back is shown. */
export const PAUSE_MS = 100;

export interface RedactedOutput {
  take: OutputSink;
  /** Says what is still held back; a second call does nothing. */
  end(): Promise<void>;
}

/**
 * Redacts the output of one command before it reaches `sink`. What is held back is not on the disk
 * yet: it is never more than the longest value, and for a moment only.
 */
export function redactOutput(
  redaction: Redaction | undefined,
  clock: Clock,
  sink: OutputSink,
): RedactedOutput {
  const streams = {
    stdout: redactStream(redaction?.stream(), clock, (bytes) => sink("stdout", bytes)),
    stderr: redactStream(redaction?.stream(), clock, (bytes) => sink("stderr", bytes)),
  } satisfies Record<OutputStream, unknown>;
  return {
    take: (stream, bytes) => streams[stream].take(bytes),
    end: async () => {
      await Promise.all([streams.stdout.end(), streams.stderr.end()]);
    },
  };
}

type ByteSink = (bytes: Uint8Array) => Promise<void>;

function redactStream(stream: RedactedStream | undefined, clock: Clock, sink: ByteSink) {
  if (!stream) return { take: sink, end: async () => {} };
  const redacted = stream;
  let timer: Timer | undefined;
  let shown: Promise<void> = Promise.resolve();

  async function pass(bytes: Uint8Array): Promise<void> {
    if (bytes.length > 0) await sink(bytes);
  }

  function showHeld(): void {
    shown = pass(redacted.pause());
    // Whoever ends or goes on with the stream hears of a failure.
    shown.catch(() => {});
  }

  async function take(bytes: Uint8Array): Promise<void> {
    timer?.cancel();
    const said = pass(redacted.push(bytes));
    if (redacted.isHolding) timer = clock.after(PAUSE_MS, showHeld);
    await Promise.all([said, shown]);
  }

  async function end(): Promise<void> {
    timer?.cancel();
    await Promise.all([pass(redacted.end()), shown]);
  }

  return { take, end };
}
