import assert from "node:assert/strict";
import { onTestFinished, test } from "vitest";
import { announceChange, type FollowDeps, followChanges } from "../../../bot/relays/changes.ts";
import { createMemoryBus } from "../../../relay/process/memory-bus.ts";
import { BOTS_RELAYS } from "../../../relay/wire/subjects.ts";
import { silentLog } from "../../relay/relay-under-test.ts";
import { waitFor } from "../../support/wait.ts";

/** A bot that counts how often it reads the relays, each time as long as `held` lasts. */
function follower(change: Partial<FollowDeps> & { held?: Promise<void> } = {}) {
  const wire = createMemoryBus();
  const bus = wire.connect({ onError: () => {} });
  const seen = { readings: 0, caughtUp: 0 };
  const registry = {
    async refresh() {
      seen.readings++;
      await change.held;
    },
  };
  const catchUp = async () => void seen.caughtUp++;
  const changes = followChanges({ bus, registry, catchUp, log: silentLog, ...change });
  onTestFinished(() => changes.stop());
  return { wire, bus, seen, changes };
}

test("reads the relays when another bot has changed one", async () => {
  const { wire, seen } = follower();
  await waitFor(() => seen.caughtUp === 1, { what: "the first reading" });
  const other = wire.connect({ onError: () => {} });

  await announceChange({ bus: other, registry: { refresh: async () => {} } });

  await waitFor(() => seen.caughtUp === 2);
});

test("reads them once more, however many notices have come meanwhile", async () => {
  const held = Promise.withResolvers<void>();
  const { bus, seen } = follower({ held: held.promise });
  const heard = Promise.withResolvers<void>();
  bus.subscribe("last", {}, () => heard.resolve());
  for (let i = 0; i < 100; i++) bus.publish(BOTS_RELAYS, new Uint8Array());
  bus.publish("last", new Uint8Array());
  await heard.promise;

  held.resolve();
  await waitFor(() => seen.caughtUp === 2);

  assert.equal(seen.readings, 2);
});

test("reads them from time to time, also after a reading has failed", async () => {
  let attempts = 0;
  const registry = {
    async refresh() {
      if (++attempts === 1) throw new Error("the database is away");
    },
  };

  const { seen } = follower({ registry, intervalMs: 5 });

  await waitFor(() => seen.caughtUp >= 2);
});

test("reads nothing once it has stopped", async () => {
  const { bus, seen, changes } = follower();
  await waitFor(() => seen.caughtUp === 1);
  await changes.stop();
  const heard = Promise.withResolvers<void>();
  bus.subscribe("last", {}, () => heard.resolve());

  bus.publish(BOTS_RELAYS, new Uint8Array());
  bus.publish("last", new Uint8Array());
  await heard.promise;

  assert.equal(seen.readings, 1);
});
