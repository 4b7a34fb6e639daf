import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "vitest";
import { runJoin } from "../../relay/commands.ts";
import { startRelay } from "../../relay/main.ts";
import { createMemoryBus } from "../../relay/process/memory-bus.ts";
import { joinedRelay, relayConfig, silentLog, temporaryDirectory } from "./relay-under-test.ts";

describe("a relay does not start", () => {
  test("before it has joined a bot", async () => {
    const dataDirectory = await temporaryDirectory();
    const bus = createMemoryBus().connect({ onError: () => {} });

    const starting = startRelay({ config: relayConfig(), dataDirectory, log: silentLog, bus });

    await assert.rejects(starting, {
      message: 'this relay has not joined a bot: run "aldis relay join TOKEN"',
      exitCode: 78,
    });
  });

  test("twice on one directory", async () => {
    const relay = await joinedRelay();
    await relay.start();

    await assert.rejects(relay.start(), /is in use by/);
  });

  test("without knowing where the bus is", async () => {
    const { directory } = await joinedRelay();
    const dataDirectory = join(directory(), "..");

    const starting = startRelay({ config: relayConfig(), dataDirectory, log: silentLog });

    await assert.rejects(starting, /set ALDIS_NATS_URL/);
  });

  test("with a key list that its authority has not signed", async () => {
    const relay = await joinedRelay();
    await writeFile(join(relay.directory(), "key-list.jws"), "x.y.z");

    await assert.rejects(relay.start(), /does not hold .*join again/);
  });

  test("with a damaged journal", async () => {
    const relay = await joinedRelay();
    await writeFile(join(relay.directory(), "journal"), "nonsense\n");

    await assert.rejects(relay.start(), /journal:1 is damaged/);
  });
});

test("starts again in its directory after it has stopped", async () => {
  const joined = await joinedRelay();
  const first = await joined.start();
  const before = joined.bot.epoch();
  await first.stop();

  const second = await joined.start();

  assert.equal(second.relayId, first.relayId);
  assert.notEqual(joined.bot.epoch(), before);
});

test("health and metrics are served only where the owner asked for it", async () => {
  const relay = await joinedRelay();
  const port = 20_000 + (process.pid % 20_000);
  await relay.start({ ALDIS_RELAY_HEALTH_ADDRESS: `127.0.0.1:${port}` });

  const ready = await fetch(`http://127.0.0.1:${port}/readyz`);
  const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();

  assert.equal(ready.status, 200);
  assert.match(metrics, /^aldis_relay_executions_running 0$/m);
});

test("what is no join token is said to be none", async () => {
  await assert.rejects(runJoin("nonsense", undefined, {}), { exitCode: 64 });
});
