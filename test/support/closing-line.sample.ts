import { describe, expect, test } from "vitest";
import { needs } from "./needs.ts";

// Run only by closing-line.test.ts.
test("passes", () => {});

test("fails if told to", () => {
  expect(process.env.SAMPLE_FAILS).toBeUndefined();
});

describe("engine", () => {
  needs("container engine", false);

  test("runs a container", () => {});
});
