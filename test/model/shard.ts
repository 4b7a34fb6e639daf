import assert from "node:assert/strict";
import { test } from "vitest";
import { describeFailure, findFailure } from "./schedules.ts";

/** All schedules together: few while somebody waits, many where nobody does. */
const SCHEDULES = process.env.CI ? 100_000 : 5_000;
export const SHARDS = 4;
const TESTS_OF_A_SHARD = 5;

/** One part of the schedules; the parts are files, so that two run at once. */
export function playShard(shard: number): void {
  const count = SCHEDULES / SHARDS / TESTS_OF_A_SHARD;
  const froms = Array.from(
    { length: TESTS_OF_A_SHARD },
    (_, part) => 1 + (shard * TESTS_OF_A_SHARD + part) * count,
  );

  test.each(froms)(
    `every contract holds in ${count} schedules from %i on`,
    PATIENCE,
    async (from) => {
      const failure = await findFailure({ from, count });

      assert.ok(!failure, failure && describeFailure(failure));
    },
  );
}

/** Beside other tests, on a slow machine. */
const PATIENCE = { timeout: 600_000 };
