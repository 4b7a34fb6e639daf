import type { StoreFaults } from "./faulty-store.ts";
import type { Behaviour } from "./memory-runtime.ts";
import type { Weather } from "./network.ts";
import type { Random } from "./random.ts";

/** Something that befalls a part of the world at a moment. */
export type Trouble =
  | { kind: "kill" | "pause" | "cut" | "jump"; whom: "bot" | "relay"; index: number }
  | {
      kind: "power" | "wipe" | "stop" | "full" | "suspend" | "remove";
      whom: "relay";
      index: number;
    };

export interface PlannedExecution {
  atMs: number;
  bot: number;
  cancelAtMs: number | undefined;
  isAtLeastOnce: boolean;
  mostStarts: number;
  isLimited: boolean;
}

/** All that a seed decides beforehand; the rest is decided as it comes. */
export interface Plan {
  relays: number;
  capacity: number;
  executions: readonly PlannedExecution[];
  troubles: readonly { atMs: number; forMs: number; trouble: Trouble }[];
  weather: Weather;
  store: StoreFaults;
  diskSlowness: number;
  /** From then on nothing goes wrong any more. */
  healAtMs: number;
  /** Goes on until then even if everything has come to rest before. */
  lingers: boolean;
}

/** How many, and how often so many: most schedules are small, so that many can be played. */
const EXECUTIONS = [
  [12, 1],
  [5, 2],
  [2, 3],
  [1, 6],
] as const;
const RELAYS = [
  [7, 1],
  [3, 2],
  [0.7, 3],
] as const;
const TROUBLES = [
  [2, 0],
  [5, 1],
  [3, 2],
  [1, 4],
] as const;

export function drawPlan(random: Random): Plan {
  const count = random.weighted(EXECUTIONS) ?? 1;
  const relays = random.weighted(RELAYS) ?? 1;
  const troubles = random.weighted(TROUBLES) ?? 1;
  const isLimited = count > 1 && random.chance(0.3);
  const isLong = random.chance(0.1);
  return {
    relays,
    capacity: random.chance(0.2) ? 1 : 4,
    executions: Array.from({ length: count }, () => drawExecution(random, isLimited, isLong)),
    troubles: Array.from({ length: troubles }, () => drawTrouble(random, relays, isLong)),
    weather: drawWeather(random),
    store: drawStore(random),
    diskSlowness: random.pick([0, 0.2, 0.8]) ?? 0,
    healAtMs: isLong ? LONG_ABSENCE_MS : HEAL_AT_MS,
    lingers: random.chance(0.1),
  };
}

const HEAL_AT_MS = 8000;
/** For whatever runs on a relay that is away for so long to become unknown. */
const LONG_ABSENCE_MS = 26_000;

function drawExecution(random: Random, isLimited: boolean, isLong: boolean): PlannedExecution {
  const atMs = random.chance(0.7) ? random.whole(20, 600) : random.whole(20, 2500);
  const isAtLeastOnce = random.chance(0.35);
  return {
    atMs,
    bot: random.whole(0, 1),
    cancelAtMs: random.chance(0.2) ? atMs + random.whole(0, isLong ? 25_000 : 4000) : undefined,
    isAtLeastOnce,
    mostStarts: isAtLeastOnce ? random.whole(1, 3) : 1,
    isLimited,
  };
}

const OF_RELAYS = ["power", "wipe", "stop", "full", "suspend", "remove"] as const;
const OF_ANY = ["kill", "pause", "cut", "jump"] as const;

function drawTrouble(random: Random, relays: number, isLong: boolean) {
  const atMs = random.chance(0.6) ? random.whole(10, 1500) : random.whole(10, 5000);
  const isShort = !isLong && random.chance(0.5);
  const forMs = isShort ? random.whole(10, 1500) : random.whole(1500, isLong ? 40_000 : 7000);
  const index = random.whole(0, relays - 1);
  if (random.chance(0.4)) {
    const kind = random.pick(OF_RELAYS) ?? "power";
    return { atMs, forMs, trouble: { kind, whom: "relay" as const, index } };
  }
  const kind = random.pick(OF_ANY) ?? "kill";
  const isOfBot = random.chance(0.4);
  const whom = isOfBot ? ("bot" as const) : ("relay" as const);
  return { atMs, forMs, trouble: { kind, whom, index: isOfBot ? random.whole(0, 1) : index } };
}

function drawWeather(random: Random): Weather {
  if (random.chance(0.4)) return { loss: 0, doubling: 0, lateness: 0.1, latestMs: 200 };
  return {
    loss: random.pick([0, 0.02, 0.1, 0.3]) ?? 0,
    doubling: random.pick([0, 0.05, 0.2]) ?? 0,
    lateness: random.pick([0.05, 0.3]) ?? 0,
    latestMs: random.pick([100, 1000, 6000]) ?? 0,
  };
}

function drawStore(random: Random): StoreFaults {
  if (random.chance(0.5)) return { refusal: 0, silence: 0, slowness: 0.1, slowestMs: 30 };
  return {
    refusal: random.pick([0, 0.02, 0.15]) ?? 0,
    silence: random.pick([0.02, 0.15]) ?? 0,
    slowness: random.pick([0.1, 0.5]) ?? 0,
    slowestMs: random.pick([10, 300, 2500]) ?? 0,
  };
}

/** What one attempt does, were it begun. */
export function drawBehaviour(random: Random): Behaviour {
  const isSlow = random.chance(0.08);
  const runMs = random.weighted([
    [6, random.whole(5, 200)],
    [3, random.whole(200, 3000)],
    [0.4, 60_000],
  ]);
  const sizes = [5, 40, 300];
  if (random.chance(0.01)) sizes.push(150_000, 200_000);
  return {
    startMs: isSlow ? random.whole(1000, 9000) : random.whole(0, 20),
    isMissing: random.chance(0.02),
    runMs: runMs ?? 5,
    pieces: Array.from({ length: random.whole(0, 3) }, (_, index) =>
      Buffer.alloc(random.pick(sizes) ?? 5, 97 + index),
    ),
    exitCode: random.chance(0.3) ? random.whole(1, 3) : 0,
    graceMs: random.whole(0, 600),
  };
}
