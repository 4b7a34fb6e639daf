import assert from "node:assert/strict";
import { test } from "vitest";
import { CliFailure } from "../../../bot/cli/failure.ts";
import { circumstancesOf, type RulesTestOptions } from "../../../bot/cli/rules-test-facts.ts";

const NOW = new Date("2026-05-06T14:30:00Z");

function optionsWith(given: Partial<RulesTestOptions>): RulesTestOptions {
  return { command: "a:b", bundle: [], grant: [], group: [], role: [], relayTag: [], ...given };
}

test("without flags the caller is nobody, in the console, now, with no relay chosen", () => {
  assert.deepEqual(circumstancesOf(optionsWith({}), NOW), {
    user: "nobody",
    groups: [],
    roles: [],
    permissions: new Set(),
    adapter: "console",
    now: NOW,
    timeZone: "UTC",
    relayTags: null,
  });
});

test("each flag is one fact", () => {
  const options = optionsWith({
    user: "ann",
    group: ["ops"],
    role: ["lead"],
    grant: ["web:deploy", "site:x"],
    channel: "C1",
    adapter: "slack",
    at: "2026-05-06T16:00:00",
    timeZone: "Europe/Zurich",
    relayTag: ["region=eu", "note=a=b", "empty="],
  });

  assert.deepEqual(circumstancesOf(options, NOW), {
    user: "ann",
    groups: ["ops"],
    roles: ["lead"],
    permissions: new Set(["web:deploy", "site:x"]),
    channel: { id: "C1" },
    adapter: "slack",
    now: new Date("2026-05-06T14:00:00Z"),
    timeZone: "Europe/Zurich",
    relayTags: { region: "eu", note: "a=b", empty: "" },
  });
});

const misuses: readonly (readonly [Partial<RulesTestOptions>, RegExp])[] = [
  [{ at: "yesterday" }, /^--at: yesterday is no time in UTC/],
  [{ at: "" }, /^--at: /],
  [{ at: "2026-03-29T02:30:00", timeZone: "Europe/Zurich" }, /no time in Europe\/Zurich/],
  [{ timeZone: "Mars/Olympus" }, /^--time-zone: there is no time zone Mars\/Olympus/],
  [{ timeZone: "" }, /^--time-zone: /],
  [{ relayTag: ["region"] }, /^--relay-tag: region is not a tag/],
  [{ relayTag: ["=eu"] }, /^--relay-tag: =eu is not a tag/],
  [{ relayTag: ["a=1", "a=2"] }, /^--relay-tag: a is given twice/],
  [{ grant: ["deploy"] }, /^--grant: deploy is not a permission/],
  [{ grant: ["web:deploy:prod"] }, /^--grant: web:deploy:prod is not a permission/],
  [{ grant: ["Web:deploy"] }, /^--grant: Web:deploy is not a permission/],
];

test("a flag that makes no sense is told in one line, with 64", () => {
  for (const [given, words] of misuses) {
    assert.throws(
      () => circumstancesOf(optionsWith(given), NOW),
      (error) => {
        assert.ok(error instanceof CliFailure);
        assert.equal(error.exitCode, 64);
        assert.match(error.message, words);
        assert.ok(!error.message.includes("\n"));
        return true;
      },
    );
  }
});
