import { atMost } from "../process/at-most.ts";
import type { Clock } from "../process/clock.ts";
import { IMAGE_DIGEST, parseImage } from "../wire/image.ts";
import { collectImages } from "./collect.ts";
import type { FetchDeps } from "./fetch.ts";
import { createFetches, type Wanted } from "./fetches.ts";
import { digestsOf } from "./held.ts";

export type ImageState =
  /** In the engine under this id. */
  | { kind: "here"; id: string; digest: string }
  /** On its way; how far, for people. */
  | { kind: "coming"; said: string }
  | { kind: "failed"; reason: string };

/** The images of a relay's engine. */
export interface Images {
  /** What is known at once of an image named with its digest; one that is not here is fetched. */
  look(image: string): ImageState;
  /** Waits for a while until it is known which bytes a name means. */
  resolve(image: string, waitMs: number): Promise<ImageState>;
  stop(): void;
}

export interface ImagesDeps extends FetchDeps {
  clock: Clock;
  /** For how long what this relay has pulled is kept unused. */
  keepMs: number;
}

/** Somebody may have removed it by hand. */
const LOOK_AGAIN_MS = 10_000;
const COLLECT_EVERY_MS = 600_000;

/** Knows from the start what is here already. */
export async function startImages(deps: ImagesDeps): Promise<Images> {
  const { engine, ledger, clock, log } = deps;
  const here = new Map<string, { id: string; seenMs: number }>();
  const fetches = createFetches(deps, ({ id, digest }) => note(id, [digest]));

  function note(id: string, digests: readonly string[]): void {
    for (const digest of digests) here.set(digest, { id, seenMs: clock.monotonicMs() });
  }

  function forget(id: string): void {
    for (const [digest, known] of here) if (known.id === id) here.delete(digest);
  }

  function look(text: string): ImageState {
    const image = wanted(text);
    const digest = typeof image === "string" ? image : image?.digest;
    if (!image || digest === undefined) {
      const advice = "enable the bundle again, and it will be found";
      return { kind: "failed", reason: `${text} is named without its digest: ${advice}` };
    }
    const known = here.get(digest);
    if (known) {
      void keepUp(known);
      return { kind: "here", id: known.id, digest };
    }
    const reason = fetches.failureOf(image);
    if (reason !== undefined) return { kind: "failed", reason };
    return { kind: "coming", said: fetches.begin(image).said() };
  }

  async function resolve(text: string, waitMs: number): Promise<ImageState> {
    const image = wanted(text);
    if (!image) return { kind: "failed", reason: `"${text}" is not the name of an image` };
    const reason = fetches.failureOf(image);
    if (reason !== undefined) return { kind: "failed", reason };
    const { done, said } = fetches.begin(image);
    if ((await atMost(waitMs, [done], clock)) === "late") return { kind: "coming", said: said() };
    const fetched = await done;
    if (!fetched.ok) return { kind: "failed", reason: fetched.reason };
    return { kind: "here", id: fetched.id, digest: fetched.digest };
  }

  /** After the answer, since neither changes it. */
  async function keepUp(known: { id: string; seenMs: number }): Promise<void> {
    try {
      await ledger.used(known.id, clock.wallMs());
      if (clock.monotonicMs() - known.seenMs < LOOK_AGAIN_MS) return;
      known.seenMs = clock.monotonicMs();
      if (!(await engine.find(known.id))) forget(known.id);
    } catch (error) {
      log.warn({ err: error }, "an image could not be looked up");
    }
  }

  async function collect(): Promise<void> {
    await collectImages({ ...deps, onRemove: forget }).catch((error: unknown) => {
      log.warn({ err: error }, "images that nobody uses could not be removed");
    });
  }

  for (const image of await engine.list()) note(image.id, digestsOf(image));
  const collecting = clock.every(COLLECT_EVERY_MS, () => void collect());
  void collect();
  return {
    look,
    resolve,
    stop() {
      collecting.cancel();
      engine.close();
    },
  };
}

function wanted(text: string): Wanted | undefined {
  return IMAGE_DIGEST.test(text) ? text : parseImage(text);
}
