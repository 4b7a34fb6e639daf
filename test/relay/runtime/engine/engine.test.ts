import assert from "node:assert/strict";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, onTestFinished, test } from "vitest";
import { z } from "zod";
import { engineClient } from "../../../../relay/runtime/engine/client.ts";
import { type EngineRuntime, engineRuntime } from "../../../../relay/runtime/engine/engine.ts";
import type { ContainerRuntime, RunSpec } from "../../../../relay/runtime/runtime.ts";
import { importImage } from "../../../support/engine-image.ts";
import { canStartEngines, startEngine, type TestEngine } from "../../../support/engines.ts";
import { needs } from "../../../support/needs.ts";
import { waitFor } from "../../../support/wait.ts";
import { begin, runtimeContract } from "../runtime.contract.ts";
import { processesSaying } from "./host-processes.ts";

const Containers = z.array(z.object({ Id: z.string() }));

describe.each(["docker", "podman"] as const)("%s", (name) => {
  const isHere = needs("an engine", canStartEngines);
  let engine: TestEngine;
  beforeAll(async () => {
    if (isHere) engine = await startEngine(name);
  });
  afterAll(() => engine?.stop());
  const runtimeOf = (relayId: string) =>
    engineRuntime({ name, socket: engine.socket, relayId, killGraceMs: 200 });
  const start = (argv: readonly string[], change: Parameters<typeof begin>[2] = {}) =>
    begin(runtimeOf("relay"), argv, { image: engine.image, ...change });

  runtimeContract(
    name,
    () => runtimeOf("contract"),
    () => ({ image: engine.image }),
  );

  test("leaves no container behind", async () => {
    await start(["true"]).exit;

    assert.deepEqual(await containersOf(engine), []);
  });

  test("gives a command its input, and then its end", async () => {
    const input = Buffer.from("one\n".repeat(50_000));
    const run = start(["wc", "-c"], { input });

    await run.exit;

    assert.equal(run.stdout().trim(), String(input.length));
  });

  test("names an image that is not there", async () => {
    const image = `sha256:${"0".repeat(64)}`;
    const exit = await start(["true"], { image }).exit;

    const reason = `image ${image} is not on this relay`;
    assert.deepEqual(exit, { kind: "not-started", code: 69, reason });
  });

  test("says that memory ran out", async () => {
    const exit = await start(["sh", "-c", "tail -c 90000000 /dev/zero; exit 3"]).exit;

    const reason = "out of memory: its limit is 64 MiB";
    assert.deepEqual(exit, { kind: "exited", code: 3, reason });
  });

  test("shows what the command itself says of an init process", async () => {
    const line = "[FATAL tini (9)] exec x failed: y";
    const run = start(["sh", "-c", `echo '${line}' >&2; exit 1`]);

    const exit = await run.exit;

    assert.deepEqual([exit, run.stderr()], [{ kind: "exited", code: 1 }, `${line}\n`]);
  });

  test("bounds what an image declares as a volume", async () => {
    const tar = join(engine.directory, "image.tar");
    const image = await importImage(engine.socket, tar, "VOLUME /kept");
    const fill = "head -c 3000000 /dev/zero > /kept/file";

    const exit = await start(["sh", "-c", fill], { image }).exit;

    assert.deepEqual(exit, { kind: "exited", code: 1 });
  });

  test("removes what an earlier life of the relay left, and nobody else's", async () => {
    const [own, other] = ["own", "other"].map((relayId) =>
      begin(runtimeOf(relayId), ["sleep", "30"], { image: engine.image }),
    );
    await waitFor(async () => (await containersOf(engine, "running")).length === 2);

    const count = await runtimeOf("own").removeOrphans();
    const left = (await containersOf(engine)).map(({ Id }) => Id);
    await runtimeOf("other").removeOrphans();
    await Promise.all([own?.exit, other?.exit]);

    assert.equal(count, 1);
    assert.deepEqual(left, [other?.handles[0]?.id]);
  });

  test("does without an init process where the engine has none", async () => {
    const bare = await startEngine(name, { initPath: "/nonexistent/docker-init" });
    const runtime = engineRuntime({ name, socket: bare.socket, relayId: "bare", killGraceMs: 100 });
    const image = { image: bare.image };

    const exit = await begin(runtime, ["sh", "-c", "exit 7"], image).exit;
    const missing = await begin(runtime, ["no-such-command"], image).exit;
    const running = begin(runtime, ["sh", "-c", "echo ready; exec sleep 30"], image);
    await waitFor(() => running.stdout() !== "");
    running.cancel();
    const cancelled = await running.exit;
    await bare.stop();

    assert.deepEqual(exit, { kind: "exited", code: 7 });
    assert.equal(missing.kind === "not-started" && missing.code, 127);
    assert.deepEqual(cancelled, { kind: "signalled", signal: "SIGKILL" });
  });

  test.each(["0.2", "1.5"])(
    "loses nothing of a command that ends after %s s with its output not taken",
    async (seconds) => {
      const { taken, said } = await takenLate(runtimeOf("late"), seconds);

      assert.equal(taken, said);
    },
  );

  test("would lose some of it, did nothing stand still", async () => {
    const patienceMs = 3_600_000;
    const careless = engineRuntime({ name, socket: engine.socket, relayId: "late", patienceMs });

    const { taken, said } = await takenLate(careless, "0.2");

    assert.ok(name === "docker" ? taken < said : taken === said, `${taken} of ${said}`);
  });

  /** Prints until there is no room anywhere, then ends; and all is taken only much later. */
  async function takenLate(runtime: ContainerRuntime, seconds: string) {
    const script = [
      "dd if=/dev/zero bs=512 2> /dev/null & flood=$!",
      `sleep ${seconds}; kill -STOP $flood; sleep 0.1`,
      "sed -n 's/wchar: //p' /proc/$flood/io >&2; kill -KILL $flood",
    ].join("\n");
    let [taken, said] = [0, ""];
    const late = new Promise<void>((resolve) => setTimeout(resolve, LONG_AFTER_MS));
    const sink = async (stream: string, piece: Uint8Array) => {
      if (stream === "stdout") taken += piece.length;
      else said += Buffer.from(piece).toString();
      await late;
    };
    await begin(runtime, ["sh", "-c", script], { image: engine.image, sink }).exit;
    return { taken, said: Number(said) };
  }

  test("ends what stands still because its output is not taken", async () => {
    const never = Promise.withResolvers<void>();
    let taken = 0;
    const sink = async (_: string, piece: Uint8Array) => {
      taken += piece.length;
      await never.promise;
    };
    const impatient = engineRuntime({
      ...engine,
      relayId: "still",
      killGraceMs: 200,
      patienceMs: 100,
    });
    const run = begin(impatient, ["yes"], { sink, image: engine.image });
    await waitFor(async () => taken > 0 && (await containersOf(engine, "paused")).length === 1);

    run.cancel();
    await waitFor(async () => (await containersOf(engine, "paused")).length === 0);
    never.resolve();
    const exit = await run.exit;

    assert.deepEqual(exit, { kind: "signalled", signal: "SIGTERM" });
  });

  describe("an engine that goes away", () => {
    let mortal: TestEngine;
    beforeAll(async () => {
      if (isHere) mortal = await startEngine(name, { args: SURVIVING[name] });
    });
    afterAll(() => mortal?.stop());
    const mortalRuntime = (change: { goneMs?: number } = {}) =>
      engineRuntime({ name, socket: mortal.socket, relayId: "lost", retryMs: 100, ...change });
    const startThere = (runtime: EngineRuntime, script: string, change: Partial<RunSpec> = {}) =>
      begin(runtime, ["sh", "-c", script], { image: mortal.image, ...change });

    test("and comes back: the end is found, and the output goes on", async () => {
      const script = "echo ready; for n in $(seq 100); do sleep 0.1; echo $n; done; exit 7";
      const run = startThere(mortalRuntime(), script);
      // By then dockerd has noted on its disk that it runs.
      await waitFor(() => run.stdout().includes("\n5\n"));

      await mortal.kill();
      await mortal.restart();
      const exit = await run.exit;

      const reason =
        "the container engine went away while it ran: some of its output may be missing";
      assert.deepEqual(exit, { kind: "exited", code: 7, reason });
      assert.match(run.stdout(), /^ready\n(.*\n)*100\n$/);
      assert.deepEqual(await containersOf(mortal), []);
    });

    test("after the end: how it ended is known once it is back", async () => {
      const source = await mkdtemp(join(tmpdir(), "aldis-test-"));
      const script = `: ${source}; until [ -e /held/end ]; do sleep 0.1; echo on; done; exit 7`;
      onTestFinished(() => rm(source, { recursive: true }));
      await chmod(source, 0o755);
      const mounts = [{ source, target: "/held", readOnly: true }];
      const run = startThere(mortalRuntime(), script, { mounts });
      await waitFor(() => run.stdout().includes("on\non\non\non\non\n"));

      await mortal.kill();
      await writeFile(join(source, "end"), "");
      await waitFor(async () => (await processesSaying(source)).length === 0);
      await mortal.restart();
      const exit = await run.exit;

      assert.partialDeepStrictEqual(exit, { kind: "exited", code: 7 });
    });

    test("for too long: it is called lost, and removed when the engine is back", async () => {
      const runtime = mortalRuntime({ goneMs: 300 });
      const run = startThere(runtime, "echo ready; sleep 300");
      await waitFor(() => run.stdout() !== "");

      await mortal.kill();
      const exit = await run.exit;
      const next = await startThere(runtime, "true").exit;
      await mortal.restart();

      assert.equal(exit.kind, "lost");
      assert.equal(next.kind === "not-started" && next.code, 69);
      await waitFor(async () => (await containersOf(mortal)).length === 0);
      await runtime.stop();
    });
  });
});

/** dockerd waits two seconds. */
const LONG_AFTER_MS = 4_000;

/** What lets containers outlive the engine's own process. */
const SURVIVING = { docker: ["--live-restore"], podman: [] } as const;

async function containersOf(engine: TestEngine, status?: string) {
  const client = engineClient(engine.socket);
  const filters = JSON.stringify(status === undefined ? {} : { status: [status] });
  const query = { all: "true", filters };
  try {
    return await client.call({ method: "GET", path: "/containers/json", query }, Containers);
  } finally {
    client.close();
  }
}
