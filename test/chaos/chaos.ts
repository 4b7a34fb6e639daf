import { type Landscape, openLandscape } from "../faults/landscape.ts";
import { waitFor } from "../support/wait.ts";
import { examine } from "./examine.ts";
import { countUnsettled } from "./facts.ts";
import { type Load, startLoad } from "./load.ts";
import { createRandom } from "./random.ts";
import type { ChaosReport } from "./report.ts";
import { startTroubles, type TroubleMaker } from "./trouble-maker.ts";
import { troublesOf } from "./troubles.ts";

export interface ChaosOptions {
  executions: number;
  seed: number;
  /** No new executions after this. */
  mostMs: number;
  bots: number;
  relays: number;
  /** From one trouble to the next, on average. */
  troubleEveryMs: number;
  /** Whether a relay is now and then cut off for a whole minute. */
  longCuts: boolean;
  onProgress?(line: string): void;
}

const SETTLE_MS = 180_000;
const TIMEOUTS = { lostAfter: "15s", offerTimeout: "3s" };
/** Nearer to the defaults: on a busy machine, hasty questions are a trouble of their own. */
const SETTINGS = {
  ALDIS_RELAY_CLAIM_TIMEOUT: "2s",
  ALDIS_RELAY_CONFIRM_TIMEOUT: "2s",
  ALDIS_RELAY_RETRY_MAX: "2s",
};
const PROGRESS_EVERY_MS = 5_000;

/** Runs commands while everything goes wrong, lets it settle, and checks what the contracts promise. */
export async function runChaos(options: ChaosOptions): Promise<ChaosReport> {
  const startedMs = performance.now();
  const land = await openLandscape({ ...options, timeouts: TIMEOUTS, settings: SETTINGS });
  try {
    const random = createRandom(options.seed);
    const until = AbortSignal.timeout(options.mostMs);
    const load = startLoad(land, options.executions, random, until);
    const every = options.troubleEveryMs;
    const troubles = startTroubles(
      troublesOf(land, options),
      createRandom(options.seed + 1),
      every,
    );
    const progress = startProgress(load, troubles, options.onProgress);
    await load.done;
    await troubles.stop();
    await letSettle(land);
    clearInterval(progress);
    const examined = await examine(land, load, troubles);
    const tookMs = Math.round(performance.now() - startedMs);
    return { ...examined, seed: options.seed, tookMs };
  } finally {
    await land.stop();
  }
}

function startProgress(
  load: Load,
  { counts }: TroubleMaker,
  tell: (line: string) => void = () => {},
): NodeJS.Timeout {
  const total = () => [...counts.values()].reduce((sum, count) => sum + count, 0);
  const report = () => tell(`${load.said.size} executions said, ${total()} troubles made`);
  return setInterval(report, PROGRESS_EVERY_MS).unref();
}

/** All parts run again; what nobody knows stays so only if no relay's journal settles it. */
async function letSettle(land: Landscape): Promise<void> {
  for (const host of [...land.bots, ...land.relays]) if (!host.isRunning()) await host.start();
  const { ownerUrl } = land.postgres;
  const isQuiet = async () => (await countUnsettled(ownerUrl)).open === 0;
  // Whatever has not settled by then is found below.
  await waitFor(isQuiet, { timeoutMs: SETTLE_MS }).catch(() => {});
  const isKnown = async () => (await countUnsettled(ownerUrl)).unknown === 0;
  await waitFor(isKnown, { timeoutMs: 15_000 }).catch(() => {});
}
