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
  /** Where each is added once it is usable: what the relay announces. */
  runtimes: ContainerRuntime[];
  clock: Clock;
  log: Logger;
}

export interface TakenUp {
  /** Those of the first engine that is usable; undefined where there is none at all. */
  images: Images | undefined;
  stop(): Promise<void>;
}

/** So long may the first try hold up the relay's start. */
const START_MS = 5_000;
const RETRY_MS = 10_000;

/**
 * Makes engines usable: what an earlier life left there is removed, and what images there are is
 * known. One that fails is not announced, and is tried again until it does not.
 */
export async function takeUpEngines(
  engines: readonly EngineToTakeUp[],
  { runtimes, clock, log }: TakeUpDeps,
): Promise<TakenUp> {
  const images = lateImages();
  const retries = new Set<Timer>();
  let isStopped = false;
  /** One after the other: images are those of the first that is announced. */
  let last: Promise<void> = Promise.resolve();

  function tryNext(engine: EngineToTakeUp): Promise<void> {
    last = last.then(() => attempt(engine));
    return last;
  }

  async function attempt(engine: EngineToTakeUp): Promise<void> {
    if (isStopped) return;
    const { name } = engine.runtime;
    try {
      await takeUp(engine, images, log);
      if (!isStopped) runtimes.push(engine.runtime);
    } catch (error) {
      if (isStopped) return;
      log.warn({ engine: name, err: error }, "container engine not usable: it is tried again");
      retryLater(engine);
    }
  }

  function retryLater(engine: EngineToTakeUp): void {
    const timer = clock.after(RETRY_MS, () => {
      retries.delete(timer);
      void tryNext(engine);
    });
    retries.add(timer);
  }

  await atMost(START_MS, engines.map(tryNext), clock);
  return {
    images: engines.length > 0 ? images : undefined,
    async stop() {
      isStopped = true;
      for (const timer of retries) timer.cancel();
      images.stop();
      await Promise.all(engines.map(({ runtime }) => runtime.stop()));
    },
  };
}

/**
 * None of this relay's containers is its own yet. What the journal names goes with them: its
 * recovery then finds nothing. Taking back what still runs would begin here.
 */
async function takeUp(
  { runtime, openImages }: EngineToTakeUp,
  images: LateImages,
  log: Logger,
): Promise<void> {
  const count = await runtime.removeOrphans();
  if (count > 0) log.warn({ engine: runtime.name, count }, "left-over containers removed");
  if (!images.isOpen()) images.open(await openImages());
}
