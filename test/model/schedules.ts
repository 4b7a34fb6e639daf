import type { Variant } from "./variant.ts";
import { World } from "./world.ts";

export interface Failure {
  seed: number;
  broken: readonly string[];
}

export interface Range {
  from: number;
  count: number;
  variant?: Variant;
  coverage?: Map<string, number>;
}

/** Plays schedules until one breaks a contract; undefined where none does. */
export async function findFailure({
  from,
  count,
  ...options
}: Range): Promise<Failure | undefined> {
  for (let seed = from; seed < from + count; seed++) {
    const { broken } = await new World(seed, options).run();
    if (broken.length > 0) return { seed, broken };
  }
  return undefined;
}

/** What to tell whoever has to find out. */
export function describeFailure({ seed, broken }: Failure): string {
  return `schedule ${seed} breaks a contract:\n  ${broken.join("\n  ")}\nreplay it: npm run model -- --seed ${seed}`;
}
