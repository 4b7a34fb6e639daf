import assert from "node:assert/strict";
import { test } from "vitest";
import { matchRelays } from "../../../bot/relays/match.ts";
import { relayWith, wishFor } from "./small-relay.ts";

test("lists relays as they would be asked, then those that could be, then the others", () => {
  const relays = [
    relayWith({ name: "other", tags: { env: "dev" } }),
    relayWith({ name: "worse", tags: {}, isReachable: false }),
    relayWith({ name: "full", load: 4 }),
    relayWith({ name: "gone", state: "removed" }),
    relayWith({ name: "busy", load: 3 }),
    relayWith({ name: "idle", load: 0 }),
    relayWith({ name: "near", load: 3, tags: { env: "prod", zone: "a" } }),
    relayWith({ name: "also-idle", load: 0 }),
  ];

  const found = matchRelays(relays, wishFor("env=prod,~zone=a"));

  assert.deepEqual(
    found.map(({ name, takes }) => [name, takes]),
    [
      ["near", true],
      ["also-idle", true],
      ["idle", true],
      ["busy", true],
      ["full", false],
      ["other", false],
      ["worse", false],
    ],
  );
  const [near] = found;
  assert.deepEqual([near?.preferred, near?.running, near?.capacity], [1, 3, 4]);
});
