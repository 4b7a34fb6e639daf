import assert from "node:assert/strict";
import { test } from "vitest";
import { type EngineToTakeUp, takeUpEngines } from "../../../relay/agent/take-up-engines.ts";
import { type Clock, systemClock } from "../../../relay/process/clock.ts";
import type { ContainerRuntime } from "../../../relay/runtime/runtime.ts";
import { waitFor } from "../../support/wait.ts";
import { silentLog } from "../relay-under-test.ts";

const IMAGE = `sha256:${"a".repeat(64)}`;

/** Its waits are over when the test says so. */
function clockInHand() {
  const waiting = new Set<() => void>();
  const clock: Clock = {
    ...systemClock,
    after: wait,
    every: wait,
  };
  function wait(_: number, act: () => void) {
    waiting.add(act);
    return { cancel: () => void waiting.delete(act) };
  }
  function passAll(): void {
    for (const act of [...waiting]) {
      waiting.delete(act);
      act();
    }
  }
  return { clock, passAll };
}

type Answer = () => Promise<number>;

function engineNamed(name: string, removeOrphans: Answer) {
  const calls: string[] = [];
  const engine: EngineToTakeUp = {
    runtime: {
      name,
      removeOrphans() {
        calls.push("orphans");
        return removeOrphans();
      },
      run: () => Promise.reject(new Error("not asked for")),
      remove: async () => {},
      stop: async () => void calls.push("stop"),
    },
    async openImages() {
      calls.push("images");
      return {
        look: () => ({ kind: "here", id: IMAGE, digest: IMAGE }),
        resolve: async () => ({ kind: "here", id: IMAGE, digest: IMAGE }),
        stop: () => void calls.push("images stopped"),
      };
    },
  };
  return { engine, calls };
}

async function takeUp(engines: EngineToTakeUp[], clock: Clock = systemClock) {
  const runtimes: ContainerRuntime[] = [];
  const find = async (known: ReadonlySet<string>) =>
    engines.filter(({ runtime }) => !known.has(runtime.name));
  const taken = await takeUpEngines({ find, runtimes, clock, log: silentLog });
  return { ...taken, names: () => runtimes.map(({ name }) => name) };
}

test("an engine is announced once what an earlier life left is removed", async () => {
  const { engine, calls } = engineNamed("docker", async () => 1);

  const { names, images, stop } = await takeUp([engine]);
  const look = images.look(IMAGE);
  await stop();

  assert.deepEqual(names(), ["docker"]);
  assert.equal(look.kind, "here");
  assert.deepEqual(calls, ["orphans", "images", "images stopped", "stop"]);
});

test("one that fails does not stop the start, and is announced when it works", async () => {
  const { clock, passAll } = clockInHand();
  let isBack = false;
  const answer: Answer = async () => {
    if (isBack) return 0;
    throw new Error("the engine is tired");
  };
  const { engine } = engineNamed("docker", answer);

  const { names, images, stop } = await takeUp([engine], clock);
  const before = { names: names(), look: images.look(IMAGE).kind };
  isBack = true;
  passAll();
  await waitFor(() => names().length > 0);
  const after = { names: names(), look: images.look(IMAGE).kind };
  await stop();

  assert.deepEqual(before, { names: [], look: "failed" });
  assert.deepEqual(after, { names: ["docker"], look: "here" });
});

test("one that says nothing holds up the start only for a while", async () => {
  const { clock, passAll } = clockInHand();
  const silence = Promise.withResolvers<number>();
  const { engine } = engineNamed("docker", () => silence.promise);

  const taking = takeUp([engine], clock);
  passAll();
  const { names, stop } = await taking;
  const before = names();
  silence.resolve(0);
  await waitFor(() => names().length > 0);
  await stop();

  assert.deepEqual([before, names()], [[], ["docker"]]);
});

test("the images are those of the first engine that is announced", async () => {
  const [tired, other] = [
    engineNamed("docker", () => Promise.reject(new Error("tired"))),
    engineNamed("podman", async () => 0),
  ];

  const { names, images, stop } = await takeUp([tired.engine, other.engine]);
  const look = images.look(IMAGE);
  await stop();

  assert.deepEqual([names(), look.kind], [["podman"], "here"]);
  assert.deepEqual(tired.calls, ["orphans", "stop"]);
});

test("an engine that comes after the relay is found", async () => {
  const { clock, passAll } = clockInHand();
  const { engine } = engineNamed("docker", async () => 0);
  const engines: EngineToTakeUp[] = [];

  const { names, images, stop } = await takeUp(engines, clock);
  const before = [names(), images.look(IMAGE).kind];
  engines.push(engine);
  passAll();
  await waitFor(() => names().length > 0);
  const after = [names(), images.look(IMAGE).kind];
  await stop();

  assert.deepEqual(before, [[], "failed"]);
  assert.deepEqual(after, [["docker"], "here"]);
});

test("what is created only after the end of an earlier life is removed as well", async () => {
  const { clock, passAll } = clockInHand();
  const { engine, calls } = engineNamed("docker", async () => 1);
  const { stop } = await takeUp([engine], clock);

  passAll();
  await stop();

  assert.deepEqual(calls.slice(0, 3), ["orphans", "images", "orphans"]);
});
