import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmdirSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, test } from "vitest";
import { needs } from "../../support/needs.ts";
import { type AldisProcess, startAldis } from "../../support/processes.ts";
import { waitFor } from "../../support/wait.ts";

let folder: string;
let directory: string;

beforeEach(async () => {
  // Root's Postgres runs as a user of its own, who has to pass through here.
  folder = await mkdtemp(join(tmpdir(), "aldis-up-"));
  execFileSync("chmod", ["711", folder]);
  directory = join(folder, "data");
});

afterEach(() => rm(folder, { recursive: true, force: true }));

function startUp(env: Record<string, string> = {}): AldisProcess {
  return startAldis(["up"], {
    env: { ALDIS_DATA_DIR: directory, ALDIS_API_ADDRESS: "127.0.0.1:0", ...env },
  });
}

/** Types these lines, ends the input and waits for the end. */
async function session(lines: readonly string[], env: Record<string, string> = {}) {
  const program = startUp(env);
  for (const line of lines) program.type(line);
  program.endInput();
  const { code } = await program.exit;
  return { code, stdout: program.stdout, stderr: program.stderr };
}

function postgresPid(): number | undefined {
  const file = join(directory, "postgres/cluster/postmaster.pid");
  if (!existsSync(file)) return undefined;
  return Number(readFileSync(file, "utf8").split("\n")[0]);
}

function processList(): string {
  return execFileSync("ps", ["-eo", "args"], { encoding: "utf8" });
}

function isAlive(pid: number | undefined): boolean {
  try {
    return pid !== undefined && process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe("with its input not a terminal", () => {
  test("answers each line in order, helps with the third, and exits 0", async () => {
    const { code, stdout } = await session(["!echo hello", "!date", "!nosuch"]);

    assert.equal(code, 0);
    assert.equal(stdout[0], "hello");
    assert.match(stdout[1] ?? "", /\d\d:\d\d/);
    assert.match(stdout[2] ?? "", /no command nosuch/);
    assert.equal(stdout.length, 3);
  });

  test("keeps standard output for answers, and says on standard error what it found", async () => {
    const { stdout, stderr } = await session(["!whoami"]);
    const said = stderr.join("\n");

    assert.match(stdout.join("\n"), /user: +admin/);
    assert.match(said, /administrator "admin"/);
    assert.match(said, /listens +http:\/\/127\.0\.0\.1:\d+/);
    assert.match(said, /found +(native only|Docker|Podman)/);
    assert.match(said, /not isolated/);
  });
});

describe("a second start on the same data directory", () => {
  test("is refused with one clear line while the first runs", async () => {
    const first = startUp();
    await first.waitForLine(/listens/, 30_000);
    const second = await session([]);

    assert.equal(second.code, 1);
    assert.equal(second.stderr.length, 1);
    assert.match(second.stderr[0] ?? "", /in use by the process \d+.*ALDIS_DATA_DIR/);
    first.endInput();
    assert.equal((await first.exit).code, 0);
  });

  test("after kill -9 finds everything that was answered, and nothing was left running", async () => {
    const first = startUp();
    first.type("!echo remembered");
    // The second line is begun when the first has been answered.
    first.type("!echo second");
    await first.waitForLine(/^second$/, 30_000);
    const postgres = postgresPid();
    assert.ok(isAlive(postgres));
    first.kill("SIGKILL");
    await first.exit;
    await waitFor(() => !isAlive(postgres), { timeoutMs: 15_000 });

    const { code, stdout } = await session(["!ps --all"]);

    assert.equal(code, 0);
    assert.match(stdout.join("\n"), /demo:echo +succeeded/);
  });
});

describe("the end", () => {
  test.each(["SIGTERM", "SIGINT", "SIGHUP"] as const)("by %s is clean", async (signal) => {
    const program = startUp();
    await program.waitForLine(/listens/, 30_000);
    const postgres = postgresPid();
    assert.ok(isAlive(postgres));
    program.kill(signal);
    const { code } = await program.exit;

    assert.equal(code, 0);
    assert.equal(isAlive(postgres), false);
  });

  test("while a command runs cancels it and leaves no process behind", async () => {
    const program = startUp({ ALDIS_RELAY_STOP_DEADLINE: "100ms", ALDIS_STOP_DEADLINE: "2s" });
    program.type("!count 4242 0.05");
    await program.waitForLine(/^3$/, 30_000);
    assert.match(processList(), /count 4242/);
    program.kill("SIGTERM");
    await program.exit;

    assert.doesNotMatch(processList(), /count 4242/);
  });
});

describe("what stands in the way is said in one line", () => {
  test("the port is taken", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const address = server.address();
    const port = typeof address === "object" ? address?.port : 0;
    const { code, stderr } = await session([], { ALDIS_API_ADDRESS: `127.0.0.1:${port}` });
    server.close();

    assert.equal(code, 1);
    assert.equal(stderr.length, 1);
    assert.match(stderr[0] ?? "", /cannot listen on 127\.0\.0\.1:\d+.*ALDIS_API_ADDRESS/);
  });

  test("the data directory cannot be made", async () => {
    await writeFile(directory, "a file");
    const { code, stderr } = await session([]);

    assert.equal(code, 1);
    assert.equal(stderr.length, 1);
    assert.match(stderr[0] ?? "", /data directory .* is not usable.*ALDIS_DATA_DIR/);
  });

  test("the configuration is wrong, every mistake at once, with file, line and nearest key", async () => {
    const file = join(folder, "aldis.yaml");
    await writeFile(file, "api:\n  adress: 127.0.0.1:4000\nlog:\n  level: loud\n");
    const { code, stderr } = await session([], { ALDIS_CONFIG: file });

    assert.equal(code, 78);
    assert.equal(stderr.length, 2);
    assert.match(stderr.join("\n"), /aldis\.yaml:2:3: .*api\.adress.*api\.address/);
    assert.match(stderr.join("\n"), /aldis\.yaml:4:\d+/);
  });
});

describe("a full disk", () => {
  const canMount = needs("a machine where a small disk can be mounted", canMountDisk());

  test.runIf(canMount)("while starting is said in one line", async () => {
    const disk = join(folder, "disk");
    await mkdir(disk);
    mountDisk(disk);
    try {
      const { code, stderr } = await session([], { ALDIS_DATA_DIR: join(disk, "data") });

      assert.equal(code, 1);
      assert.equal(stderr.length, 1, stderr.join("\n"));
      assert.match(stderr[0] ?? "", /no space|full/i);
    } finally {
      execFileSync("umount", [disk]);
    }
  });
});

function mountDisk(path: string): void {
  const options = "size=8m,mode=711";
  execFileSync("mount", ["-t", "tmpfs", "-o", options, "tmpfs", path], { stdio: "ignore" });
}

function canMountDisk(): boolean {
  const path = mkdtempSync(join(tmpdir(), "aldis-mount-"));
  try {
    mountDisk(path);
    execFileSync("umount", [path]);
    return true;
  } catch {
    return false;
  } finally {
    rmdirSync(path);
  }
}
