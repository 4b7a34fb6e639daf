import type { Images } from "../images/images.ts";
import { atMost } from "../process/at-most.ts";
import type { Clock, Timer } from "../process/clock.ts";
import type { Logger } from "../process/logger.ts";
import type { EngineRuntime } from "../runtime/engine/engine.ts";
import type { ContainerRuntime } from "../runtime/runtime.ts";
import { type LateImages, lateImages } from "./late-images.ts";

export interface EngineToTakeUp {
  runtime: EngineRuntime;
  openImages(): Promise<Images>;
}

export interface TakeUpDeps {
  /** The engines that answer, but those that are known already. */
  find(known: ReadonlySet<string>): Promise<readonly EngineToTakeUp[]>;
  /** Where each is added once it is usable: what the relay announces. */
  runtimes: ContainerRuntime[];
  clock: Clock;
  log: Logger;
}

export interface TakenUp {
  /** Those of the first engine that is usable. */
  images: Images;
  stop(): Promise<void>;
}

/** So long may the first look hold up the relay's start. */
const START_MS = 5_000;
const RETRY_MS = 10_000;
/** What an earlier life had asked for last may be created only after its end. */
const SWEEP_MS = 20_000;

/**
 * Makes engines usable: what an earlier life left there is removed, and what images there are is
 * known. One that fails is not announced, and is tried again until it does not; while there is
 * none, it is looked for again.
 */
export async function takeUpEngines(deps: TakeUpDeps): Promise<TakenUp> {
  const { runtimes, clock, log } = deps;
  const images = lateImages();
  const known = new Map<string, EngineToTakeUp>();
  const timers = new Set<Timer>();
  let isStopped = false;

  async function look(): Promise<void> {
    const found = await deps.find(new Set(known.keys()));
    for (const engine of found) known.set(engine.runtime.name, engine);
    // One after the other: images are those of the first that is announced.
    for (const engine of found) await attempt(engine);
    if (known.size === 0) later(look);
  }

  async function attempt(engine: EngineToTakeUp): Promise<void> {
    if (isStopped) return;
    const { runtime } = engine;
    try {
      await takeUp(engine, images, log);
      if (isStopped) return;
      runtimes.push(runtime);
      timers.add(clock.every(SWEEP_MS, () => void sweep(runtime, log).catch(() => {})));
    } catch (error) {
      if (isStopped) return;
      log.warn({ engine: runtime.name, err: error }, "container engine not usable: tried again");
      later(() => attempt(engine));
    }
  }

  function later(act: () => Promise<void>): void {
    if (isStopped) return;
    const timer = clock.after(RETRY_MS, () => {
      timers.delete(timer);
      void act();
    });
    timers.add(timer);
  }

  await atMost(START_MS, [look()], clock);
  return {
    images,
    async stop() {
      isStopped = true;
      for (const timer of timers) timer.cancel();
      images.stop();
      await Promise.all([...known.values()].map(({ runtime }) => runtime.stop()));
    },
  };
}

/** What the journal names goes with the rest: its recovery then finds nothing. */
async function takeUp(
  { runtime, openImages }: EngineToTakeUp,
  images: LateImages,
  log: Logger,
): Promise<void> {
  await sweep(runtime, log);
  if (!images.isOpen()) images.open(await openImages());
}

async function sweep(runtime: EngineRuntime, log: Logger): Promise<void> {
  const count = await runtime.removeOrphans();
  if (count > 0) log.warn({ engine: runtime.name, count }, "left-over containers removed");
}
