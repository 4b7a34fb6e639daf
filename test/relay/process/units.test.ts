import assert from "node:assert/strict";
import fc from "fast-check";
import { describe, test } from "vitest";
import { parseBytes, parseDurationMs } from "../../../relay/process/units.ts";

describe("durations", () => {
  test.each([
    ["0", 0],
    ["0s", 0],
    ["250ms", 250],
    ["10s", 10_000],
    ["5m", 300_000],
    ["2h", 7_200_000],
    ["1d", 86_400_000],
    ["1h30m", 5_400_000],
    ["1m500ms", 60_500],
    ["1.5s", 1500],
    ["0.5m", 30_000],
    ["", undefined],
    ["10", undefined],
    ["s", undefined],
    ["-5s", undefined],
    ["5 m", undefined],
    ["5M", undefined],
    ["5min", undefined],
    ["1e3s", undefined],
    [".5s", undefined],
    ["1.s", undefined],
    ["soon", undefined],
    ["999999999999999d", undefined],
  ])("%j: %s", (text, expected) => assert.equal(parseDurationMs(text), expected));
});

describe("sizes", () => {
  test.each([
    ["0", 0],
    ["1024", 1024],
    ["100B", 100],
    ["1k", 1000],
    ["1K", 1000],
    ["64M", 64_000_000],
    ["1G", 1_000_000_000],
    ["1T", 1_000_000_000_000],
    ["1Ki", 1024],
    ["256Mi", 268_435_456],
    ["1Gi", 1_073_741_824],
    ["1Ti", 1_099_511_627_776],
    ["0.5Mi", 524_288],
    ["1.5k", 1500],
    ["", undefined],
    ["Mi", undefined],
    ["-1", undefined],
    ["1 Mi", undefined],
    ["1mi", undefined],
    ["1MiB", undefined],
    ["1e3", undefined],
    ["lots", undefined],
    ["999999999999999Ti", undefined],
  ])("%j: %s", (text, expected) => assert.equal(parseBytes(text), expected));
});

test("no text throws, and what is read is a whole number", () => {
  const typed = fc.oneof(fc.string(), fc.stringMatching(/^[0-9.]{1,20}(ms|s|m|h|d|Ki|Mi|T|)$/));
  fc.assert(
    fc.property(typed, (text) => {
      for (const value of [parseDurationMs(text), parseBytes(text)]) {
        assert.ok(value === undefined || (Number.isSafeInteger(value) && value >= 0));
      }
    }),
  );
});
