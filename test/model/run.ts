import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { Worker } from "node:worker_threads";
import { describeFailure, type Failure } from "./schedules.ts";
import { World } from "./world.ts";

const { values } = parseArgs({
  options: {
    seed: { type: "string" },
    from: { type: "string", default: "1" },
    schedules: { type: "string", default: "10000000" },
    coverage: { type: "boolean", default: false },
  },
});

/** So many schedules at a time for each thread. */
const BATCH = 500;

if (values.seed === undefined) await playAll(Number(values.from), Number(values.schedules));
else await replay(Number(values.seed));

/** Prints one schedule, event by event. */
async function replay(seed: number): Promise<void> {
  const { broken, trace, simulatedMs } = await new World(seed, { isTraced: true }).run();
  process.stdout.write(`${trace.lines.join("\n")}\n`);
  const verdict = broken.length === 0 ? "every contract holds" : broken.join("\n");
  process.stdout.write(`\nafter ${(simulatedMs / 1000).toFixed(3)} s: ${verdict}\n`);
  process.exitCode = broken.length === 0 ? 0 : 1;
}

interface Progress {
  played: number;
  failures: readonly Failure[];
  coverage: ReadonlyMap<string, number>;
}

async function playAll(from: number, schedules: number): Promise<void> {
  const startedMs = performance.now();
  const coverage = new Map<string, number>();
  let next = from;
  let played = 0;
  let failed = 0;

  function take(): { from: number; count: number } | undefined {
    const count = Math.min(BATCH, from + schedules - next);
    if (count <= 0) return undefined;
    next += count;
    return { from: next - count, count };
  }

  function note(progress: Progress): void {
    played += progress.played;
    failed += progress.failures.length;
    for (const failure of progress.failures) print(`\n${describeFailure(failure)}\n`);
    for (const [what, count] of progress.coverage) {
      coverage.set(what, (coverage.get(what) ?? 0) + count);
    }
    const perSecond = Math.round((played * 1000) / (performance.now() - startedMs));
    print(`\r${played} of ${schedules} schedules, ${perSecond}/s, ${failed} broken `);
  }

  await Promise.all(Array.from({ length: availableParallelism() }, () => work(take, note)));
  print("\n");
  if (values.coverage) printCoverage(coverage);
  process.exitCode = failed === 0 ? 0 : 1;
}

/** One thread, batch after batch. */
function work(
  take: () => { from: number; count: number } | undefined,
  note: (progress: Progress) => void,
): Promise<void> {
  const worker = new Worker(new URL("./run-batches.ts", import.meta.url));
  return new Promise((resolve, reject) => {
    const send = () => {
      const batch = take();
      if (batch) worker.postMessage(batch);
      else void worker.terminate().then(() => resolve());
    };
    worker.on("message", (progress: Progress) => {
      note(progress);
      send();
    });
    worker.on("error", reject);
    send();
  });
}

function printCoverage(coverage: ReadonlyMap<string, number>): void {
  for (const [what, count] of [...coverage].sort(([a], [b]) => (a < b ? -1 : 1))) {
    print(`${String(count).padStart(10)}  ${what}\n`);
  }
}

function print(text: string): void {
  process.stdout.write(text);
}
