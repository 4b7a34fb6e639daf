import type { Host } from "../faults/host.ts";
import { type Landscape, openLandscape } from "../faults/landscape.ts";
import { readMarks } from "../faults/marking.ts";
import { waitFor } from "../support/wait.ts";
import { checkExecution } from "./check.ts";
import { countUnsettled, readFacts } from "./facts.ts";
import { type Load, startLoad } from "./load.ts";
import { createRandom } from "./random.ts";
import { startTroubles, type TroubleMaker } from "./trouble-maker.ts";
import { troublesOf } from "./troubles.ts";
import { verifyAuditOf } from "./verify-audit.ts";

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

export interface ChaosReport {
  seed: number;
  tookMs: number;
  executions: number;
  /** How often each trouble happened. */
  troubles: ReadonlyMap<string, number>;
  states: ReadonlyMap<string, number>;
  /** Executions that needed more than one attempt. */
  repeated: number;
  outputBytes: number;
  /** Each is a broken promise. Empty, if all is well. */
  findings: string[];
  /** What programs have logged as errors, and how often. */
  errors: ReadonlyMap<string, number>;
}

const SETTLE_MS = 180_000;
const PROGRESS_EVERY_MS = 5_000;

/** Runs commands while everything goes wrong, lets it settle, and checks what the contracts promise. */
export async function runChaos(options: ChaosOptions): Promise<ChaosReport> {
  const startedMs = performance.now();
  const land = await openLandscape({ ...options, lostAfter: "15s" });
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
    return {
      ...(await examine(land, load, troubles)),
      seed: options.seed,
      tookMs: since(startedMs),
    };
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
  return setInterval(
    () => tell(`${load.said.size} executions said, ${total()} troubles made`),
    PROGRESS_EVERY_MS,
  );
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

async function examine(land: Landscape, load: Load, { counts, faults }: TroubleMaker) {
  const marks = await readMarks(land.marks);
  const findings = [
    ...faults.map((fault) => `not well again: ${fault}`),
    ...load.faults.map((fault) => `a caller was told: ${fault}`),
    ...(await verifyAuditOf(land)),
  ];
  const states = new Map<string, number>();
  const known = new Set<string>();
  let [repeated, outputBytes] = [0, 0];
  for await (const fact of readFacts(land.postgres.ownerUrl)) {
    known.add(fact.id);
    findings.push(...checkExecution(fact, marks.get(fact.id) ?? 0, load.said.get(fact.id)));
    states.set(fact.state, (states.get(fact.state) ?? 0) + 1);
    if (fact.attempt > 1) repeated += 1;
    outputBytes += fact.outputLength ?? 0;
  }
  for (const id of marks.keys())
    if (!known.has(id)) findings.push(`${id} ran, and is not recorded`);
  for (const id of load.said.keys())
    if (!known.has(id)) findings.push(`${id} was promised and lost`);
  const hosts = [...land.bots, ...land.relays];
  const errors = errorsOf(hosts);
  return {
    executions: known.size,
    troubles: counts,
    states,
    repeated,
    outputBytes,
    findings,
    errors,
  };
}

function errorsOf(hosts: readonly Host[]): Map<string, number> {
  const errors = new Map<string, number>();
  for (const line of hosts.flatMap((host) => host.said())) {
    if (!line.includes('"level":"error"')) continue;
    const message = /"msg":"([^"]*)"/.exec(line)?.[1] ?? line;
    const reason = /"message":"([^"]*)"/.exec(line)?.[1] ?? "";
    const key = `${message}: ${reason.slice(0, 100)}`;
    errors.set(key, (errors.get(key) ?? 0) + 1);
  }
  return errors;
}

function since(startedMs: number): number {
  return Math.round(performance.now() - startedMs);
}
