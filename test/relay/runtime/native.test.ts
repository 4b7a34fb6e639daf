import assert from "node:assert/strict";
import { mkdir, readdir, rmdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { test } from "vitest";
import { nativeRuntime } from "../../../relay/runtime/native.ts";
import { sweepWorkDirectories } from "../../../relay/runtime/native-directory.ts";
import { isGroupAlive } from "../../../relay/runtime/native-process.ts";
import { waitFor } from "../../support/wait.ts";
import { begin, runtimeContract } from "./runtime.contract.ts";

const directoryPrefix = join(tmpdir(), `aldis-test-${process.pid}-`);
const makeRuntime = () => nativeRuntime({ killGraceMs: 100, pipeIdleMs: 100, directoryPrefix });
const runtime = makeRuntime();

runtimeContract("native", makeRuntime);

test("runs in an empty directory of its own, which is gone afterwards", async () => {
  const run = begin(runtime, [
    "sh",
    "-c",
    'pwd; echo "$HOME"; echo "$TMPDIR"; ls -A; echo x > file',
  ]);

  await run.exit;

  const [directory = "", ...others] = run.stdout().trim().split("\n");
  assert.deepEqual(others, [directory, directory]);
  assert.ok(basename(directory).startsWith(basename(directoryPrefix)));
  const left = (await readdir(tmpdir())).filter((name) => directory.endsWith(name));
  assert.deepEqual(left, []);
});

test("has no variables but the few that a command needs", async () => {
  const run = begin(runtime, ["env"]);

  await run.exit;

  const names = run
    .stdout()
    .trim()
    .split("\n")
    .map((line) => line.split("=")[0]);
  assert.deepEqual(names.toSorted(), ["HOME", "LANG", "PATH", "TMPDIR"]);
});

test.runIf(process.getuid?.() === 0)("runs as nobody where the relay is root", async () => {
  const run = begin(runtime, ["sh", "-c", "id -u; id -g; id -G"]);

  await run.exit;

  assert.equal(run.stdout(), "65534\n65534\n65534\n");
});

test("ends what the command has left in the background", async () => {
  const run = begin(runtime, ["sh", "-c", "sleep 30 & echo $$"]);

  const exit = await run.exit;

  assert.deepEqual(exit, { kind: "exited", code: 0 });
  assert.equal(isGroupAlive(Number(run.stdout())), false);
});

test("does not wait for a process that has left the group with the pipe in its hand", async () => {
  const leave = "setsid --fork sh -c 'echo $$; touch escaped; exec sleep 30'";
  const wait = "until [ -e escaped ]; do sleep 0.01; done";
  const run = begin(runtime, ["sh", "-c", `${leave}; ${wait}`]);
  const escaped = Number(await waitFor(() => run.stdout().trim()));

  const exit = await run.exit;

  process.kill(escaped, "SIGKILL");
  assert.deepEqual(exit, { kind: "exited", code: 0 });
});

test("words that no process can have are answered, not thrown", async () => {
  const exits = await Promise.all([
    begin(runtime, [""]).exit,
    begin(runtime, ["echo", "a\0b"]).exit,
    begin(runtime, ["true"], { env: { "A=B\0": "x" } }).exit,
    begin(runtime, ["echo", "x".repeat(200_000)]).exit,
  ]);

  assert.deepEqual(new Set(exits.map(({ kind }) => kind)), new Set(["not-started"]));
});

test("removes nothing by the number of a process that began at another time", async () => {
  const run = begin(runtime, ["sh", "-c", "echo ready; exec sleep 30"]);
  await waitFor(() => run.stdout() !== "" && run.handles.length === 1);
  const [handle] = run.handles;
  assert.ok(handle);

  await runtime.remove({ ...handle, startMark: "another" });
  const isSpared = isGroupAlive(Number(handle.id));
  await runtime.remove(handle);
  await run.exit;

  assert.equal(isSpared, true);
});

test("sweeps work directories of an earlier life, and only those", async () => {
  const prefix = `${directoryPrefix}swept-`;
  const run = begin(nativeRuntime({ directoryPrefix: prefix }), ["sh", "-c", "touch f; sleep 30"]);
  await waitFor(async () => (await named("swept-")).length === 1);
  const other = `${directoryPrefix}other`;
  await mkdir(other);

  await sweepWorkDirectories(prefix);
  const left = [await named("swept-"), await named("other")];
  run.cancel();
  await run.exit;
  await rmdir(other);

  assert.deepEqual(left, [[], [basename(other)]]);
});

async function named(part: string): Promise<string[]> {
  const start = `${basename(directoryPrefix)}${part}`;
  return (await readdir(tmpdir())).filter((name) => name.startsWith(start));
}
