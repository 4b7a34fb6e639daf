import assert from "node:assert/strict";
import { afterAll, beforeAll, describe, test } from "vitest";
import { canStartEngines, startEngine, type TestEngine } from "../../../support/engines.ts";
import { needs } from "../../../support/needs.ts";
import { specOf } from "../../../support/scripted-bot.ts";
import { waitFor } from "../../../support/wait.ts";
import { joinedRelay } from "../../relay-under-test.ts";

const KIB = 1024;
const PRINTED = 100 * KIB;

describe.each(["docker", "podman"] as const)("a relay with %s", (name) => {
  const isHere = needs("an engine", canStartEngines);
  let engine: TestEngine;
  beforeAll(async () => {
    if (isHere) engine = await startEngine(name);
  });
  afterAll(() => engine?.stop());

  function printing(outputBytes: number) {
    const spec = specOf(["head", "-c", String(PRINTED), "/dev/zero"]);
    const image = `test/busybox@${engine.image}`;
    return { ...spec, native: false, image, limits: { ...spec.limits, outputBytes } };
  }

  test("cuts what a container prints at its limit, and says so", async () => {
    const { bot, start } = await joinedRelay({ [name]: { socket: engine.socket, version: "1" } });
    await start();
    const [limited, control] = [printing(10 * KIB), printing(2 * PRINTED)];

    await bot.offer(limited);
    await bot.offer(control);
    const cut = await waitFor(() => bot.resultOf(limited.executionId));
    const whole = await waitFor(() => bot.resultOf(control.executionId));

    const lengthOf = (id: string) => bot.output(id).stdout.length;
    assert.deepEqual([cut.status, cut.outputCut], ["succeeded", true]);
    assert.ok(lengthOf(limited.executionId) <= 10 * KIB);
    assert.deepEqual([whole.status, whole.outputCut], ["succeeded", false]);
    assert.equal(lengthOf(control.executionId), PRINTED);
  });

  test("starts without an engine that does not answer", async () => {
    const silent = { socket: `${engine.directory}/nobody`, version: "1" };
    const { bot, start, logged } = await joinedRelay({ [name]: silent });

    await start();
    const { refusal } = await bot.offer(printing(PRINTED));

    assert.deepEqual(bot.presences.at(-1)?.runtimes, ["native"]);
    assert.equal(refusal?.code, "no-runtime");
    assert.match(logged(), /container engine not usable/);
  });
});
