const SIGNALS = ["SIGTERM", "SIGINT", "SIGHUP"] as const;
export type StopSignal = (typeof SIGNALS)[number];

/** What a shell reports for a process that the signal has ended. */
export const EXIT_CODES: Readonly<Record<StopSignal, number>> = {
  SIGHUP: 129,
  SIGINT: 130,
  SIGTERM: 143,
};

/**
 * npm forwards to its child what the terminal has sent to both of them already: the same signal
 * once more within this time is the same key press.
 */
const ECHO_MS = 200;

export interface SignalOptions {
  /** The first signal: take no new work, finish, then end. */
  onFirst(signal: StopSignal): void;
  /** The second: at once. */
  exit?: (code: number) => void;
  /** Milliseconds of any steady clock. */
  now?: () => number;
}

/** Listens until `release`. */
export function listenForSignals(options: SignalOptions): { release(): void } {
  const exit = options.exit ?? ((code: number) => process.exit(code));
  const now = options.now ?? (() => performance.now());
  let first: { signal: StopSignal; at: number } | undefined;
  const onSignal = (signal: StopSignal) => {
    if (first === undefined) {
      first = { signal, at: now() };
      options.onFirst(signal);
    } else if (signal !== first.signal || now() - first.at > ECHO_MS) {
      exit(EXIT_CODES[signal]);
    }
  };
  const listeners = SIGNALS.map((signal) => ({ signal, listener: () => onSignal(signal) }));
  for (const { signal, listener } of listeners) process.on(signal, listener);
  return {
    release() {
      for (const { signal, listener } of listeners) process.off(signal, listener);
    },
  };
}
