import assert from "node:assert/strict";
import { describe, test } from "vitest";
import type {
  ContainerRuntime,
  Exit,
  OutputSink,
  RunHandle,
  RunSpec,
} from "../../../relay/runtime/runtime.ts";
import { waitFor } from "../../support/wait.ts";

/** One run as a test sees it. */
export interface Run {
  exit: Promise<Exit>;
  stdout(): string;
  stderr(): string;
  handles: RunHandle[];
  cancel(): void;
}

export function runSpec(argv: readonly string[], change: Partial<RunSpec> = {}): RunSpec {
  return {
    name: `test-${process.hrtime.bigint()}`,
    argv,
    env: {},
    limits: {
      timeoutMs: 10_000,
      outputBytes: 1024 * 1024,
      memoryBytes: 64 * 1024 * 1024,
      pids: 64,
      cpus: 1,
      tmpBytes: 1024 * 1024,
    },
    network: "none",
    mounts: [],
    mayStart: () => true,
    onCreated: async () => {},
    ...change,
  };
}

export function begin(
  runtime: ContainerRuntime,
  argv: readonly string[],
  change: Partial<RunSpec> & { sink?: OutputSink } = {},
): Run {
  const said = { stdout: "", stderr: "" };
  const handles: RunHandle[] = [];
  const abort = new AbortController();
  const { sink, ...spec } = change;
  const keep: OutputSink = async (stream, bytes) => {
    said[stream] += Buffer.from(bytes).toString("latin1");
  };
  const onCreated = async (handle: RunHandle) => void handles.push(handle);
  const exit = runtime.run(runSpec(argv, { onCreated, ...spec }), sink ?? keep, abort.signal);
  exit.catch(() => {});
  return {
    exit,
    stdout: () => said.stdout,
    stderr: () => said.stderr,
    handles,
    cancel: () => abort.abort(),
  };
}

type Change = Parameters<typeof begin>[2];

/**
 * What holds for every runtime. The commands are those of any small Linux image; `common` is what
 * each run needs besides, and may be known only when tests run.
 */
export function runtimeContract(
  name: string,
  makeRuntime: () => ContainerRuntime,
  common: () => Partial<RunSpec> = () => ({}),
): void {
  let runtime: ContainerRuntime | undefined;
  const start = (argv: readonly string[], change: Change = {}) => {
    runtime ??= makeRuntime();
    return begin(runtime, argv, { ...common(), ...change });
  };
  const sh = (script: string, change: Change = {}) => start(["sh", "-c", script], change);

  describe(`${name}: a command`, () => {
    test("ends with its exit code", async () => {
      const codes = await Promise.all([sh("exit 0").exit, sh("exit 7").exit]);

      assert.deepEqual(codes, [
        { kind: "exited", code: 0 },
        { kind: "exited", code: 7 },
      ]);
    });

    test("has its output taken whole, stdout and stderr apart", async () => {
      const run = sh("echo one; echo two >&2; printf 'no newline'");

      await run.exit;

      assert.deepEqual([run.stdout(), run.stderr()], ["one\nno newline", "two\n"]);
    });

    test("gets its words as they are", async () => {
      const words = ["two words", "", "$HOME", "'\"", "*", "späß"];
      const run = start(["printf", "[%s]", ...words]);

      await run.exit;

      const seen = Buffer.from(run.stdout(), "latin1").toString();
      assert.equal(seen, words.map((word) => `[${word}]`).join(""));
    });

    test("gets the environment that it was given, and none of the relay's", async () => {
      process.env.ALDIS_TEST_SECRET = "of the relay";
      const run = start(["env"], { env: { GIVEN: "value" } });

      await run.exit;

      delete process.env.ALDIS_TEST_SECRET;
      assert.match(run.stdout(), /^GIVEN=value$/m);
      assert.doesNotMatch(run.stdout(), /ALDIS_TEST_SECRET/);
    });

    test("reads nothing from its input", async () => {
      const run = start(["cat"]);

      assert.deepEqual(await run.exit, { kind: "exited", code: 0 });
      assert.equal(run.stdout(), "");
    });

    test("that is not there is not started, with 127", async () => {
      const exit = await start(["no-such-command"]).exit;

      assert.equal(exit.kind, "not-started");
      assert.equal("code" in exit && exit.code, 127);
    });

    test("that cannot be executed is not started, with 126", async () => {
      const exit = await start(["/etc/passwd"]).exit;

      assert.equal(exit.kind, "not-started");
      assert.equal("code" in exit && exit.code, 126);
    });

    test("that a signal ends says which", async () => {
      assert.deepEqual(await sh("kill -9 $$").exit, { kind: "signalled", signal: "SIGKILL" });
    });

    test("that says much is taken whole", async () => {
      let length = 0;
      const sink: OutputSink = async (_, bytes) => {
        length += bytes.length;
      };

      await start(["head", "-c", "5000000", "/dev/zero"], { sink }).exit;

      assert.equal(length, 5_000_000);
    });

    test("waits while its output is not taken", async () => {
      const gate = Promise.withResolvers<void>();
      let taken = 0;
      const sink: OutputSink = async (_, bytes) => {
        taken += bytes.length;
        await gate.promise;
      };
      const run = sh("head -c 5000000 /dev/zero; echo done >&2", { sink });
      let hasEnded = false;
      run.exit.finally(() => {
        hasEnded = true;
      });

      await waitFor(() => taken > 0);
      await new Promise((resolve) => setImmediate(resolve));
      const takenWhileHeld = taken;
      const endedWhileHeld = hasEnded;
      gate.resolve();
      await run.exit;

      assert.equal(endedWhileHeld, false);
      assert.ok(takenWhileHeld < 1_000_000, `${takenWhileHeld} were taken`);
      assert.equal(taken, 5_000_000 + "done\n".length);
    });
  });

  describe(`${name}: asked to end`, () => {
    test("a command ends at once", async () => {
      const run = sh("echo ready; exec sleep 30");
      await waitFor(() => run.stdout() !== "");

      run.cancel();

      assert.deepEqual(await run.exit, { kind: "signalled", signal: "SIGTERM" });
    });

    test("a command that ignores it is killed, with all its children", async () => {
      const run = sh("trap '' TERM; sleep 30 & sleep 30 & echo ready; wait; wait");
      await waitFor(() => run.stdout() !== "");

      run.cancel();

      assert.deepEqual(await run.exit, { kind: "signalled", signal: "SIGKILL" });
    });

    test("a command may still say why, and end as it likes", async () => {
      const run = sh("trap 'echo bye; exit 5' TERM; echo ready; sleep 30 & wait");
      await waitFor(() => run.stdout() !== "");

      run.cancel();

      assert.deepEqual(await run.exit, { kind: "exited", code: 5 });
      assert.equal(run.stdout(), "ready\nbye\n");
    });

    test("before it began, nothing starts", async () => {
      const abort = new AbortController();
      abort.abort();
      const handles: unknown[] = [];
      const onCreated = async (handle: unknown) => void handles.push(handle);
      const spec = runSpec(["true"], { ...common(), onCreated });

      const exit = await makeRuntime().run(spec, async () => {}, abort.signal);

      assert.equal(exit.kind, "signalled");
      assert.deepEqual(handles, []);
    });
  });

  describe(`${name}: from another life of the relay`, () => {
    test("a handle removes what still runs", async () => {
      const run = sh("echo ready; exec sleep 30");
      await waitFor(() => run.stdout() !== "" && run.handles.length === 1);
      const [handle] = run.handles;
      assert.ok(handle);

      await makeRuntime().remove(handle);

      assert.deepEqual(await run.exit, { kind: "signalled", signal: "SIGKILL" });
    });

    test("a handle of something that has ended removes nothing", async () => {
      const over = sh("true");
      await over.exit;
      const [handle] = over.handles;
      assert.ok(handle);

      await makeRuntime().remove(handle);
    });
  });

  test(`${name}: a sink that fails ends the command and is told`, async () => {
    const sink: OutputSink = () => Promise.reject(new Error("disk full"));
    const run = sh("echo one; exec sleep 30", { sink });

    await assert.rejects(run.exit, /disk full/);
  });

  test(`${name}: a handle that cannot be noted ends the command and is told`, async () => {
    const onCreated = () => Promise.reject(new Error("no journal"));
    const run = sh("exec sleep 30", { onCreated });

    await assert.rejects(run.exit, /no journal/);
  });
}
