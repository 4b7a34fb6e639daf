import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readlinkSync } from "node:fs";
import { createServer } from "node:http";
import { afterAll, beforeAll, describe, onTestFinished, test } from "vitest";
import type { CreateBody } from "../../../../relay/runtime/engine/create-body.ts";
import { engineRuntime } from "../../../../relay/runtime/engine/engine.ts";
import type { RunSpec } from "../../../../relay/runtime/runtime.ts";
import { canStartEngines, startEngine, type TestEngine } from "../../../support/engines.ts";
import { needs } from "../../../support/needs.ts";
import { waitFor } from "../../../support/wait.ts";
import { begin } from "../runtime.contract.ts";
import { processesSaying } from "./host-processes.ts";

interface Probe {
  what: string;
  /** Ends with 0 where it has done what it should not be able to. */
  script: string;
  /** Default: both. */
  engines?: readonly string[];
  /** For both runs: what makes this one defence the only thing in the way. */
  given?: Partial<RunSpec>;
  /** Takes the defence away. */
  without: Record<string, unknown>;
}

const ROOT: Partial<RunSpec> = { user: "0:0" };
const NO_NEW_PRIVILEGES = "no-new-privileges";

const PROBES: readonly Probe[] = [
  {
    what: "writes to the root",
    given: ROOT,
    script: "echo x > /etc/written",
    without: { ReadonlyRootfs: false },
  },
  {
    what: "becomes root by a setuid program",
    script: "! busybox-setuid crontab -l 2>&1 | grep 'must be suid'",
    without: { SecurityOpt: [] },
  },
  {
    what: "gives a file to somebody else",
    given: ROOT,
    script: "touch /tmp/file; chown 1:1 /tmp/file",
    without: { CapDrop: [] },
  },
  {
    what: "makes a device",
    given: ROOT,
    script: "mknod /tmp/zero c 1 5",
    without: { CapDrop: [] },
  },
  {
    what: "sets the clock, to what it is",
    given: ROOT,
    script: "adjtimex -t $(adjtimex | awk '/tick:/ { print $3 }')",
    without: { CapDrop: [], CapAdd: ["SYS_TIME"] },
  },
  {
    what: "makes a user namespace, where it would be root",
    script: "unshare -r true",
    without: { SecurityOpt: [NO_NEW_PRIVILEGES, "seccomp=unconfined"] },
  },
  {
    what: "has more processes than its limit",
    given: { limits: limits({ pids: 16 }) },
    script: "for n in $(seq 40); do sleep 5 & done; kill $(jobs -p)",
    without: { PidsLimit: 1_000 },
  },
  {
    what: "has more memory than its limit",
    script: "dd if=/dev/zero of=/dev/null bs=90000000 count=1",
    without: { Memory: 0, MemorySwap: 0 },
  },
  {
    what: "fills more than its limit of /tmp",
    script: "head -c 3000000 /dev/zero > /tmp/file",
    without: { Tmpfs: { "/tmp": "size=16m,mode=1777" } },
  },
  {
    what: "sees the processes of the host",
    script: `[ -e /proc/${process.pid}/stat ]`,
    without: { PidMode: "host", Init: false },
  },
  {
    what: "reads the environment of the relay's process",
    given: ROOT,
    script: `tr '\\0' '\\n' < /proc/${process.pid}/environ | grep PATH=`,
    without: { PidMode: "host", Init: false, CapDrop: [], CapAdd: ["SYS_PTRACE"] },
  },
  {
    what: "shares memory with the host's processes",
    script: `[ "$(readlink /proc/self/ns/ipc)" = "${readlinkSync("/proc/self/ns/ipc")}" ]`,
    without: { IpcMode: "host" },
  },
];

type Alter = (body: CreateBody) => object;

function limits(change: Partial<RunSpec["limits"]>): RunSpec["limits"] {
  const mebibyte = 1024 * 1024;
  const room = { memoryBytes: 64 * mebibyte, outputBytes: mebibyte, tmpBytes: mebibyte };
  return { ...room, timeoutMs: 10_000, pids: 64, cpus: 1, ...change };
}

describe.each(["docker", "podman"] as const)("%s: nothing in a container", (name) => {
  const isHere = needs("an engine", canStartEngines);
  let engine: TestEngine;
  beforeAll(async () => {
    if (isHere) engine = await startEngine(name);
  });
  afterAll(() => engine?.stop());

  const runtimeHere = (change: { alter?: Alter; killGraceMs?: number } = {}) =>
    engineRuntime({ name, socket: engine.socket, relayId: "probe", killGraceMs: 100, ...change });

  /** Whether the script did what it should not, as the relay runs it and with the change. */
  async function succeeds(
    script: string,
    given: Partial<RunSpec>,
    alter: Alter = (body) => body,
  ): Promise<boolean> {
    const { image } = engine;
    const run = begin(runtimeHere({ alter }), ["sh", "-c", script], { image, ...given });
    const exit = await run.exit;
    assert.notEqual(exit.kind, "not-started", JSON.stringify(exit));
    return exit.kind === "exited" && exit.code === 0;
  }

  const probes = PROBES.filter(({ engines = [name] }) => engines.includes(name));
  test.each(probes)("$what", async ({ script, given = {}, without }) => {
    const alter = (body: CreateBody) => ({
      ...body,
      HostConfig: { ...body.HostConfig, ...without },
    });

    const contained = await succeeds(script, given);
    const control = await succeeds(script, given, alter);

    assert.deepEqual({ contained, control }, { contained: false, control: true });
  });

  test("has the relay's environment", async () => {
    process.env.ALDIS_TEST_SECRET = "of the relay";
    onTestFinished(() => void delete process.env.ALDIS_TEST_SECRET);
    const script = `[ -n "$ALDIS_TEST_SECRET" ]`;
    const { ALDIS_TEST_SECRET } = process.env;

    const contained = await succeeds(script, {});
    const control = await succeeds(script, { env: { ALDIS_TEST_SECRET } });

    assert.deepEqual({ contained, control }, { contained: false, control: true });
  });

  test("outlives the command by a session of its own", async () => {
    const [inside, outside] = [`sleep 3${process.pid}`, `sleep 4${process.pid}`];
    const script = (child: string) => `setsid ${child} > /dev/null 2>&1 & echo begun; sleep 0.2`;

    await begin(runtimeHere(), ["sh", "-c", script(inside)], { image: engine.image }).exit;
    const contained = await processesSaying(inside);
    await runInGroup(script(outside));
    const control = await processesSaying(outside);
    for (const pid of control) process.kill(pid, "SIGKILL");

    assert.deepEqual({ contained, control: control.length }, { contained: [], control: 1 });
  });

  test("stays by ignoring SIGTERM", async () => {
    const script = "trap 'echo stayed' TERM; echo begun; while :; do sleep 0.1; done";
    const ask = (killGraceMs: number) =>
      begin(runtimeHere({ killGraceMs }), ["sh", "-c", script], { image: engine.image });
    const [contained, control] = [ask(100), ask(3_600_000)];
    await waitFor(() => contained.stdout() !== "" && control.stdout() !== "");

    contained.cancel();
    control.cancel();
    const exit = await contained.exit;
    await waitFor(() => control.stdout().includes("stayed"));
    const isRunning = (await Promise.race([control.exit, "running"])) === "running";
    await runtimeHere().removeOrphans();
    await control.exit;

    assert.deepEqual(exit, { kind: "signalled", signal: "SIGKILL" });
    assert.equal(isRunning, true);
  });

  test("reaches a network", async () => {
    const server = createServer((_, response) => response.end("reached"));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void server.close());
    const address = server.address();
    const port = typeof address === "object" ? address?.port : undefined;
    const script = `wget -q -O - http://127.0.0.1:${port}/`;

    const contained = await succeeds(script, {});
    const control = await succeeds(script, { network: "host" });

    assert.deepEqual({ contained, control }, { contained: false, control: true });
  });

  test("has a way to the address where clouds give out credentials", async () => {
    const script = "ip route get 169.254.169.254";

    const contained = await succeeds(script, {});
    const control = await succeeds(script, { network: "host" });

    assert.deepEqual({ contained, control }, { contained: false, control: true });
  });

  test("has an interface but its own loopback", async () => {
    const script = "ip -o link | grep -v ' lo: '";

    const contained = await succeeds(script, {});
    const control = await succeeds(script, { network: "host" });

    assert.deepEqual({ contained, control }, { contained: false, control: true });
  });

  test("sees a file of the host, or the engine's socket", async () => {
    const { socket, directory } = engine;
    const script = `[ -e ${directory}/image.tar ] || [ -S ${socket} ]`;
    const mounts = [{ source: directory, target: directory, readOnly: true }];

    const contained = await succeeds(script, ROOT);
    const control = await succeeds(script, { ...ROOT, mounts });

    assert.deepEqual({ contained, control }, { contained: false, control: true });
  });

  test("writes to a mount that is read-only", async () => {
    const { directory } = engine;
    const script = "touch /mounted/file";
    const mount = { source: directory, target: "/mounted" };

    const contained = await succeeds(script, {
      ...ROOT,
      mounts: [{ ...mount, readOnly: true }],
    });
    const control = await succeeds(script, { ...ROOT, mounts: [{ ...mount, readOnly: false }] });

    assert.deepEqual({ contained, control }, { contained: false, control: true });
  });

  test("writes to the kernel's settings", async () => {
    const script = "cat /proc/sys/kernel/domainname > /proc/sys/kernel/domainname";
    const unmasked = name === "docker" ? [] : ["unmask=ALL"];

    const contained = await succeeds(script, ROOT);
    const control = await succeeds(script, ROOT, (body) => ({
      ...body,
      HostConfig: {
        ...body.HostConfig,
        ReadonlyPaths: [],
        SecurityOpt: [NO_NEW_PRIVILEGES, ...unmasked],
      },
    }));

    assert.deepEqual({ contained, control }, { contained: false, control: true });
  });
});

/** As a host without containers would run it: what is in its process group is killed at its end. */
async function runInGroup(script: string): Promise<void> {
  const child = spawn("sh", ["-c", script], { detached: true, stdio: "ignore" });
  await once(child, "exit");
  try {
    process.kill(-(child.pid ?? 0), "SIGKILL");
  } catch {
    // Nothing of it is left.
  }
}
