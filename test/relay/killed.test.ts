import assert from "node:assert/strict";
import { join } from "node:path";
import { onTestFinished, test } from "vitest";
import { ensureKeys, relayDirectory, saveIdentity, saveKeyList } from "../../relay/identity.ts";
import { connectNats } from "../../relay/process/nats-bus.ts";
import { packageRoot } from "../../relay/process/package-root.ts";
import { isGroupAlive } from "../../relay/runtime/native-process.ts";
import { uuidv7 } from "../../relay/wire/ids.ts";
import { startNatsServer } from "../support/nats-server.ts";
import { type AldisProcess, startNode } from "../support/processes.ts";
import { specOf, startScriptedBot } from "../support/scripted-bot.ts";
import { waitFor } from "../support/wait.ts";
import { silentLog, temporaryDirectory } from "./relay-under-test.ts";

/** A relay as a process of its own, over a real NATS server. */
async function relayProcess() {
  const nats = await startNatsServer();
  const dataDirectory = await temporaryDirectory();
  const directory = relayDirectory(dataDirectory);
  const relayId = uuidv7();
  const { signing } = await ensureKeys(directory);
  const onError = () => {};
  const bus = await connectNats({ servers: nats.url, name: "bot", onError, log: silentLog });
  const bot = startScriptedBot(bus, { relayId, publicJwk: signing.publicJwk });
  await bus.flush();
  const authority = bot.authority.kid;
  await saveKeyList(directory, await bot.keyListJws());
  await saveIdentity(directory, { version: 1, relayId, name: "r", tags: {}, authority });
  onTestFinished(async () => {
    await bot.stop();
    await nats.stop();
  });

  async function start(): Promise<AldisProcess> {
    const known = new Set(bot.presences.map(({ epoch }) => epoch));
    const env = {
      ALDIS_DATA_DIR: dataDirectory,
      ALDIS_NATS_URL: nats.url,
      ALDIS_RELAY_NATIVE: "demo",
      ALDIS_RELAY_NATIVE_ISOLATION: "none",
      ALDIS_RELAY_STOP_DEADLINE: "100ms",
    };
    const relay = startNode([join(packageRoot(), "bot/cli/aldis.ts"), "relay"], { env });
    await relay.waitForLine(/relay ready/);
    await waitFor(() => !known.has(bot.epoch()) && bot.epoch());
    return relay;
  }

  return { bot, start };
}

test("a relay that is killed leaves nothing running, and tells what it knows when it is back", async () => {
  const { bot, start } = await relayProcess();
  const relay = await start();
  const spec = specOf(["sh", "-c", "echo $$; exec sleep 60"]);
  await bot.offer(spec);
  const pid = Number(await waitFor(() => bot.output(spec.executionId).stdout.trim()));

  relay.kill("SIGKILL");
  await relay.exit;
  await waitFor(() => !isGroupAlive(pid), { what: "the command to end with its relay" });
  await start();
  const result = await waitFor(() => bot.resultOf(spec.executionId));

  assert.equal(result.status, "interrupted");
  assert.equal(bot.output(spec.executionId).digest, result.outputDigest);
  assert.equal(bot.claims.length, 1);
});

test("a relay that is asked to stop ends what runs, hands over the results and exits with 0", async () => {
  const { bot, start } = await relayProcess();
  const relay = await start();
  const spec = specOf(["sh", "-c", "echo $$; exec sleep 60"]);
  await bot.offer(spec);
  const pid = Number(await waitFor(() => bot.output(spec.executionId).stdout.trim()));

  relay.kill("SIGTERM");
  const exit = await relay.exit;

  assert.deepEqual(exit, { code: 0, signal: null });
  assert.equal(isGroupAlive(pid), false);
  assert.equal(bot.resultOf(spec.executionId)?.status, "interrupted");
});
