import assert from "node:assert/strict";
import { test } from "vitest";
import { findFailure } from "./schedules.ts";
import { VARIANTS } from "./variants.ts";

test.each(VARIANTS)("is found out: $name", async (variant) => {
  const failure = await findFailure({ from: 1, count: variant.within, variant });

  assert.ok(failure, `not within ${variant.within} schedules`);
});
