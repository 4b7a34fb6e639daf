import type { Clock } from "../process/clock.ts";
import type { ImageName } from "../wire/image.ts";
import { printName } from "./engine-images.ts";
import type { Progress } from "./engine-stream.ts";
import { type FetchDeps, type Fetched, fetchImage, findById } from "./fetch.ts";
import { pullProgress } from "./progress.ts";

/** By name, or by the id of an imported image, which no registry knows. */
export type Wanted = ImageName | string;

export interface Fetching {
  /** How far it is, for people. */
  said(): string;
  done: Promise<Fetched>;
}

/** What is being fetched, and what could not be a moment ago. */
export interface Fetches {
  /** However many ask for it, it is fetched once. */
  begin(image: Wanted): Fetching;
  /** Why it could not be, if that is fresh. */
  failureOf(image: Wanted): string | undefined;
  /** Resolves when nothing is under way. */
  settled(): Promise<void>;
}

/** Long enough for whoever asks again and again to hear of it; then it is tried again. */
const FAILURE_COUNTS_MS = 5_000;
const LOG_EVERY_MS = 10_000;

export function createFetches(
  deps: FetchDeps & { clock: Clock },
  onHere: (fetched: { id: string; digest: string }) => void,
): Fetches {
  const { clock, log } = deps;
  const failed = new Map<string, { reason: string; untilMs: number }>();
  const underWay = new Map<string, Fetching>();

  function begin(image: Wanted): Fetching {
    const name = nameOf(image);
    const known = underWay.get(name);
    if (known) return known;
    const progress = pullProgress();
    let loggedMs = clock.monotonicMs();
    const done = find(image, (line) => {
      progress.take(line);
      if (clock.monotonicMs() - loggedMs < LOG_EVERY_MS) return;
      loggedMs = clock.monotonicMs();
      log.info({ image: name, progress: progress.text() }, "image is being pulled");
    })
      .catch((error: unknown): Fetched => ({ ok: false, reason: wordsFor(error) }))
      .then((fetched) => end(name, fetched));
    const begun = { done, said: () => `pulling ${name}${withSpace(progress.text())}` };
    underWay.set(name, begun);
    return begun;
  }

  function find(image: Wanted, onLine: (line: Progress) => void): Promise<Fetched> {
    if (typeof image === "string") return findById(deps.engine, image);
    return fetchImage(deps, image, onLine);
  }

  function end(name: string, fetched: Fetched): Fetched {
    underWay.delete(name);
    for (const [each, { untilMs }] of failed) {
      if (untilMs < clock.monotonicMs()) failed.delete(each);
    }
    if (fetched.ok) onHere(fetched);
    else failed.set(name, { ...fetched, untilMs: clock.monotonicMs() + FAILURE_COUNTS_MS });
    return fetched;
  }

  return {
    begin,
    failureOf(image) {
      const failure = failed.get(nameOf(image));
      return failure && clock.monotonicMs() <= failure.untilMs ? failure.reason : undefined;
    },
    async settled() {
      await Promise.all([...underWay.values()].map(({ done }) => done));
    },
  };
}

function nameOf(image: Wanted): string {
  return typeof image === "string" ? image : printName(image);
}

function withSpace(text: string): string {
  return text === "" ? "" : `: ${text}`;
}

function wordsFor(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
