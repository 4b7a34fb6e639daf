import assert from "node:assert/strict";
import { test } from "vitest";
import { readTime } from "../../../bot/cli/point-in-time.ts";

const times: readonly (readonly [text: string, timeZone: string, expected: string])[] = [
  ["2026-05-06T14:30:00Z", "Europe/Zurich", "2026-05-06T14:30:00Z"],
  ["2026-05-06T14:30:00+02:00", "UTC", "2026-05-06T12:30:00Z"],
  ["2026-05-06T14:30-0330", "UTC", "2026-05-06T18:00:00Z"],
  ["2026-05-06 14:30:15.250", "UTC", "2026-05-06T14:30:15Z"],
  ["2026-05-06T14:30:00", "Europe/Zurich", "2026-05-06T12:30:00Z"],
  ["2026-12-31T23:30:00", "America/New_York", "2027-01-01T04:30:00Z"],
  ["2024-02-29T00:00:00", "Asia/Kathmandu", "2024-02-28T18:15:00Z"],
  // 02:30 comes twice that night.
  ["2026-10-25T02:30:00", "Europe/Zurich", "2026-10-25T00:30:00Z"],
  ["2026-10-25T03:30:00", "Europe/Zurich", "2026-10-25T02:30:00Z"],
];

test("without an offset, a time is on the clock of the time zone", () => {
  for (const [text, timeZone, expected] of times) {
    assert.deepEqual(readTime(text, timeZone), new Date(expected), `${text} in ${timeZone}`);
  }
});

const none = [
  "yesterday",
  "",
  "14:30",
  "2026-05-06",
  "2026-02-29T12:00:00Z",
  "2026-13-01T12:00:00Z",
  "2026-05-06T24:00:00Z",
  "2026-05-06T12:60:00Z",
  "2026-05-06T12:00:00+24:00",
  "2026-05-06T12:00:00 Z",
];

test("what is no time is none", () => {
  for (const text of none) assert.equal(readTime(text, "UTC"), undefined, text);
});

test("a time that the clock skips is none there", () => {
  assert.equal(readTime("2026-03-29T02:30:00", "Europe/Zurich"), undefined);
  assert.ok(readTime("2026-03-29T02:30:00", "UTC"));
});
