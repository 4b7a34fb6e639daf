import type { Progress } from "./engine-stream.ts";

/** How far a pull is, over all layers that have said how large they are. */
export interface PullProgress {
  take(line: Progress): void;
  /** Such as `12 of 40 MiB`; empty while nothing is known. */
  text(): string;
}

const MIB = 2 ** 20;

export function pullProgress(): PullProgress {
  const layers = new Map<string, { current: number; total: number }>();
  return {
    take({ id, status, progressDetail }) {
      const { current, total } = progressDetail ?? {};
      if (id === undefined || status !== "Downloading" || total === undefined) return;
      layers.set(id, { current: current ?? 0, total });
    },
    text() {
      const sum = { current: 0, total: 0 };
      for (const { current, total } of layers.values()) {
        sum.current += current;
        sum.total += total;
      }
      return sum.total === 0 ? "" : `${inMib(sum.current)} of ${inMib(sum.total)} MiB`;
    },
  };
}

function inMib(bytes: number): number {
  return Math.round(bytes / MIB);
}
