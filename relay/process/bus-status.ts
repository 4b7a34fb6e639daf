import type { BusStatus } from "./bus.ts";

export interface StatusBoard {
  current(): BusStatus;
  set(status: BusStatus): void;
  onStatus(listener: (status: BusStatus) => void): void;
}

/** Tells listeners the present status at once and each change after it. */
export function createStatusBoard(first: BusStatus): StatusBoard {
  let current = first;
  const listeners: ((status: BusStatus) => void)[] = [];
  return {
    current: () => current,
    set(status) {
      current = status;
      for (const listener of listeners) listener(status);
    },
    onStatus(listener) {
      listeners.push(listener);
      listener(current);
    },
  };
}
