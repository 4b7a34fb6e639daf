import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import pg from "pg";
import { onDatabase, withClient } from "../support/postgres-cluster.ts";

/** Another queue on Postgres, at the same work: a job enqueued in a commit of its own, and done. */
export interface Peer {
  name: string;
  /** So many jobs, at most `inFlight` of them enqueued and not done. */
  runMany(count: number, inFlight: number): Promise<void>;
  stop(): Promise<void>;
}

type StartPeer = (url: string) => Promise<Peer>;

const PEERS: Readonly<Record<string, StartPeer>> = {
  "pg-boss": startPgBoss,
  "graphile-worker": startGraphileWorker,
};
const BATCH = 64;
const FETCHERS = 2;

/**
 * Starts each on a database of its own in this cluster. They have a package of their own; without
 * `npm ci --prefix test/bench --ignore-scripts` there are none.
 */
export async function startPeers(ownerUrl: string): Promise<Peer[]> {
  const peers: Peer[] = [];
  for (const [name, start] of Object.entries(PEERS)) {
    if (!isInstalled(name)) continue;
    const database = name.replace("-", "_");
    await withClient(ownerUrl, (client) => client.query(`create database ${database}`));
    peers.push(await start(onDatabase(ownerUrl, database)));
  }
  return peers;
}

const requireHere = createRequire(join(import.meta.dirname, "package.json"));

function isInstalled(name: string): boolean {
  try {
    return requireHere.resolve(name) !== "";
  } catch {
    return false;
  }
}

function load(name: string) {
  return import(pathToFileURL(requireHere.resolve(name)).href);
}

interface Boss {
  start(): Promise<unknown>;
  stop(options: object): Promise<void>;
  createQueue(name: string): Promise<void>;
  send(name: string, data: object): Promise<string | null>;
  fetch(name: string, options: object): Promise<{ id: string }[]>;
  complete(name: string, ids: string[]): Promise<unknown>;
  on(event: "error", listener: (error: Error) => void): void;
}

/** Fetched and completed in batches: its fastest way. */
async function startPgBoss(connectionString: string): Promise<Peer> {
  const { PgBoss } = await load("pg-boss");
  const boss: Boss = new PgBoss({ connectionString, max: 10 });
  boss.on("error", () => {});
  await boss.start();
  await boss.createQueue("noop");

  async function work(done: () => number, wanted: number, onDone: (ids: number) => void) {
    while (done() < wanted) {
      const jobs = await boss.fetch("noop", { batchSize: BATCH });
      if (jobs.length === 0) continue;
      await boss.complete(
        "noop",
        jobs.map(({ id }) => id),
      );
      onDone(jobs.length);
    }
  }

  async function runMany(count: number, inFlight: number): Promise<void> {
    const flow = createFlow(inFlight);
    const add = (jobs: number) => flow.finished(jobs);
    const workers = Array.from({ length: FETCHERS }, () => work(flow.done, count, add));
    await flow.enqueue(count, () => boss.send("noop", {}));
    await Promise.all(workers);
  }

  return { name: "pg-boss", runMany, stop: () => boss.stop({ graceful: false }) };
}

interface Worker {
  addJob(name: string, payload: object): Promise<unknown>;
  stop(): Promise<void>;
}

async function startGraphileWorker(connectionString: string): Promise<Peer> {
  const { run, Logger } = await load("graphile-worker");
  const pgPool = new pg.Pool({ connectionString, max: 20 });
  let flow = createFlow(1);
  const worker: Worker = await run({
    pgPool,
    concurrency: BATCH,
    noHandleSignals: true,
    logger: new Logger(() => () => {}),
    taskList: { noop: async () => flow.finished(1) },
  });

  async function runMany(count: number, inFlight: number): Promise<void> {
    flow = createFlow(inFlight);
    await flow.enqueue(count, () => worker.addJob("noop", {}));
    await flow.untilDone(count);
  }

  async function stop(): Promise<void> {
    await worker.stop();
    await pgPool.end();
  }

  return { name: "graphile-worker", runMany, stop };
}

/** Keeps so many in flight, and knows when all are done. */
function createFlow(inFlight: number) {
  let enqueued = 0;
  let done = 0;
  let waiting: (() => void)[] = [];
  const changed = () => new Promise<void>((resolve) => waiting.push(resolve));

  function finished(jobs: number): void {
    done += jobs;
    const woken = waiting;
    waiting = [];
    for (const wake of woken) wake();
  }

  async function untilDone(count: number): Promise<void> {
    while (done < count) await changed();
  }

  async function enqueue(count: number, one: () => Promise<unknown>): Promise<void> {
    const sender = async () => {
      while (enqueued < count) {
        const isFull = enqueued - done >= inFlight;
        if (!isFull) enqueued++;
        await (isFull ? changed() : one());
      }
    };
    await Promise.all(Array.from({ length: inFlight }, sender));
  }

  return { done: () => done, finished, untilDone, enqueue };
}
