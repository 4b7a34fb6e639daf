/** What one round measured: product against its floor, operation by operation. */
export interface Round {
  measured: number;
  floor: number;
}

export interface Figure {
  id: string;
  what: string;
  unit: string;
  /** `≤`: smaller is better, and the lower end of the spread is judged. */
  direction: "≤" | "≥";
  target: number;
  floorName: string;
  rounds: readonly Round[];
  /** Shown, not judged. */
  notes?: readonly string[];
}

export interface Summary {
  id: string;
  what: string;
  unit: string;
  measured: number;
  floor: number;
  floorName: string;
  ratio: number;
  lowest: number;
  highest: number;
  target: string;
  isMet: boolean;
  notes: readonly string[];
}

export const ROUNDS = 7;

export function summarize(figure: Figure): Summary {
  const ratios = figure.rounds.map(({ measured, floor }) => measured / floor);
  const [lowest, highest] = [Math.min(...ratios), Math.max(...ratios)];
  const { id, what, unit, floorName, direction, target, notes = [] } = figure;
  return {
    id,
    what,
    unit,
    floorName,
    measured: median(figure.rounds.map(({ measured }) => measured)),
    floor: median(figure.rounds.map(({ floor }) => floor)),
    ratio: median(ratios),
    lowest,
    highest,
    target: `${direction} ${target}`,
    isMet: direction === "≤" ? lowest <= target : highest >= target,
    notes,
  };
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? Number.NaN;
}

/** Milliseconds that `work` takes. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}
