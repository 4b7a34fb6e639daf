import type { ExecutionStore } from "../../bot/dispatch/execution-store.ts";
import type { RelayStore } from "../../bot/relays/enrolled.ts";
import type { Random } from "./random.ts";
import type { SimulatedProcess } from "./simulated-process.ts";
import type { Timeline } from "./timeline.ts";

/** How the database treats a call; chances from 0 to 1. */
export interface StoreFaults {
  /** Refused before the commit. */
  refusal: number;
  /** Committed, and the answer lost. */
  silence: number;
  slowness: number;
  slowestMs: number;
}

export const SOUND: StoreFaults = { refusal: 0, silence: 0, slowness: 0, slowestMs: 0 };

export interface Link {
  timeline: Timeline;
  random: Random;
  process: SimulatedProcess;
  faults(): StoreFaults;
  onFault(kind: string): void;
}

/** One call: on its way it takes time and may be lost, and so may its answer; never the commit. */
export async function over<T>(link: Link, call: () => Promise<T>): Promise<T> {
  const { random, process, timeline, onFault } = link;
  const { refusal, silence, slowness, slowestMs } = link.faults();
  const isSlow = random.chance(slowness);
  if (random.chance(refusal)) {
    onFault("refused");
    if (isSlow) await process.wait(random.whole(1, slowestMs));
    throw new Error("the database cannot be reached");
  }
  const isSilent = random.chance(silence);
  const outcome = isSlow ? later(timeline, random.whole(1, slowestMs), call) : call();
  const answer = process.guard(outcome);
  if (isSlow) await process.wait(random.whole(1, slowestMs));
  const value = await answer;
  if (!isSilent) return value;
  onFault("answer lost");
  throw new Error("the connection to the database has ended");
}

/** What has left reaches the database, whatever becomes of who sent it. */
function later<T>(timeline: Timeline, ms: number, call: () => Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    timeline.in(ms, () => void call().then(resolve, reject));
  });
}

export function faultyExecutions(inner: ExecutionStore, link: Link): ExecutionStore {
  const by = <T>(call: () => Promise<T>) => over(link, call);
  return {
    workspaces: () => by(() => inner.workspaces()),
    find: (...args) => by(() => inner.find(...args)),
    offer: (...args) => by(() => inner.offer(...args)),
    requeue: (...args) => by(() => inner.requeue(...args)),
    start: (...args) => by(() => inner.start(...args)),
    settle: (...args) => by(() => inner.settle(...args)),
    storeOutput: (...args) => by(() => inner.storeOutput(...args)),
    requestCancel: (...args) => by(() => inner.requestCancel(...args)),
    noteWaiting: (...args) => by(() => inner.noteWaiting(...args)),
    expire: (...args) => by(() => inner.expire(...args)),
    listOpen: (...args) => by(() => inner.listOpen(...args)),
    starts: (...args) => by(() => inner.starts(...args)),
    ended: (...args) => by(() => inner.ended(...args)),
    hear: (...args) => by(() => inner.hear(...args)),
    noteSilence: (...args) => by(() => inner.noteSilence(...args)),
    reportForged: (...args) => by(() => inner.reportForged(...args)),
  };
}

export function faultyRelays(inner: RelayStore, link: Link): RelayStore {
  return {
    list: () => over(link, () => inner.list()),
    saveEpoch: (...args) => over(link, () => inner.saveEpoch(...args)),
    reportForged: (...args) => over(link, () => inner.reportForged(...args)),
  };
}
