import assert from "node:assert/strict";
import { afterAll, beforeAll, describe, test } from "vitest";
import { canStartEngines, startEngine, type TestEngine } from "../../support/engines.ts";
import { needs } from "../../support/needs.ts";
import { specOf } from "../../support/scripted-bot.ts";
import { waitFor } from "../../support/wait.ts";
import { joinedRelay } from "../relay-under-test.ts";

describe("an offer with an image", () => {
  const isHere = needs("an engine", canStartEngines);
  let engine: TestEngine;
  beforeAll(async () => {
    if (isHere) engine = await startEngine("docker");
  });
  afterAll(() => engine?.stop());

  async function relayWithDocker() {
    const { socket, name } = engine;
    const relay = await joinedRelay({ [name]: { socket, version: "of the tests" } });
    await relay.start();
    return relay;
  }
  const contained = (argv: string[]) =>
    specOf(argv, { native: false, image: `test/busybox@${engine.image}` });

  test("runs in a container, and its output and end come back", async () => {
    const { bot } = await relayWithDocker();
    const spec = contained(["sh", "-c", "id -u; ls /; exit 3"]);

    const { refusal } = await bot.offer(spec);
    const result = await waitFor(() => bot.resultOf(spec.executionId));

    assert.equal(refusal, undefined);
    assert.deepEqual([result.status, result.exitCode], ["failed", 3]);
    assert.match(bot.output(spec.executionId).stdout, /^65534\n/);
  });

  test("is not held up by another that floods its output", async () => {
    const { bot } = await relayWithDocker();
    const flood = contained(["yes"]);
    await bot.offer(flood);
    await waitFor(() => bot.output(flood.executionId).stdout !== "");
    const other = contained(["echo", "meanwhile"]);

    await bot.offer(other);
    const result = await waitFor(() => bot.resultOf(other.executionId));
    await bot.cancel(flood.executionId);
    const flooded = await waitFor(() => bot.resultOf(flood.executionId));

    assert.equal(result.status, "succeeded");
    assert.equal(flooded.status, "cancelled");
  });
});
