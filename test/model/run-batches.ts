import { parentPort } from "node:worker_threads";
import type { Failure } from "./schedules.ts";
import { World } from "./world.ts";

/** A thread of `npm run model`: plays the schedules that it is given, and says what came of them. */
parentPort?.on("message", async ({ from, count }: { from: number; count: number }) => {
  const coverage = new Map<string, number>();
  const failures: Failure[] = [];
  for (let seed = from; seed < from + count; seed++) {
    const { broken } = await new World(seed, { coverage }).run();
    if (broken.length > 0) failures.push({ seed, broken });
  }
  parentPort?.postMessage({ played: count, failures, coverage });
});
