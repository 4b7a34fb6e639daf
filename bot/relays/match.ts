import type { Tags } from "../../relay/wire/selector.ts";
import {
  compareVerdicts,
  isPassing,
  type Judged,
  judge,
  type Obstacle,
  type Wish,
} from "./judge.ts";

/** One relay beside a wish. */
export interface Match {
  id: string;
  name: string;
  tags: Tags;
  takes: boolean;
  obstacles: readonly Obstacle[];
  preferred: number;
  running: number;
  capacity: number;
}

/**
 * Every relay, in the order in which it would be asked; then those that could take it at another
 * moment, then the others, those with the fewest obstacles first.
 */
export function matchRelays(relays: readonly Judged[], wish: Wish): Match[] {
  return relays
    .filter(({ state }) => state !== "removed")
    .map((relay) => ({ relay, verdict: judge(relay, wish) }))
    .sort(
      (a, b) =>
        rankOf(a.verdict.obstacles) - rankOf(b.verdict.obstacles) ||
        a.verdict.obstacles.length - b.verdict.obstacles.length ||
        compareVerdicts(a.verdict, b.verdict) ||
        (a.relay.name < b.relay.name ? -1 : 1),
    )
    .map(({ relay, verdict }) => ({
      id: relay.id,
      name: relay.name,
      tags: relay.tags,
      takes: verdict.obstacles.length === 0,
      obstacles: verdict.obstacles,
      preferred: verdict.preferred,
      running: relay.load,
      capacity: relay.presence?.capacity ?? 0,
    }));
}

function rankOf(obstacles: readonly Obstacle[]): number {
  if (obstacles.length === 0) return 0;
  return obstacles.every(isPassing) ? 1 : 2;
}
