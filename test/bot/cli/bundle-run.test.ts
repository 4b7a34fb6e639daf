import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { describe, onTestFinished, test } from "vitest";
import { packageRoot } from "../../../relay/process/package-root.ts";
import { isGroupAlive } from "../../../relay/runtime/native-process.ts";
import { waitFor } from "../../support/wait.ts";
import { runCli, startCli } from "./run-cli.ts";

const BUNDLE = `
aldis_bundle_version: 1
name: local
version: 1.0.0
image: registry.example.com/local:1
commands:
  words: { executable: [/usr/bin/printf, '<%s>'], native: true, rules: [] }
  env: { executable: [/usr/bin/env], native: true, rules: [forbid] }
  shell: { executable: [/bin/sh, -c], native: true }
  gone: { executable: [/nonexistent/program], native: true }
  short: { executable: [/bin/sh, -c], native: true, limits: { timeout: 300ms, output: 10 } }
  contained: { executable: [/bin/true] }
  deploy:
    executable: [/bin/sh, -c, 'echo "$@"; env', deploy]
    native: true
    options:
      force: { type: bool, short: f }
      dry-run: { type: string, default: no }
      token: { type: string, secret: true }
    arguments: [{ name: environment, required: true }]
`;

interface Folder {
  file: string;
  path(name: string): string;
  /** What a command has written there. */
  read(name: string): string;
}

/** Where the command may write too, which is nobody where the tests are root. */
async function bundleFolder(text = BUNDLE): Promise<Folder> {
  const folder = await mkdtemp(join(tmpdir(), "aldis-run-test-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  await chmod(folder, 0o777);
  const path = (name: string) => join(folder, name);
  await writeFile(path("local.yaml"), text);
  const read = (name: string) => (existsSync(path(name)) ? readFileSync(path(name), "utf8") : "");
  return { file: path("local.yaml"), path, read };
}

async function run(words: readonly string[], env?: Record<string, string>) {
  const { file } = await bundleFolder();
  const { code, stdout, stderr } = await runCli(["bundle", "run", file, "--", ...words], env);
  return { code, stdout: String(stdout), stderr };
}

describe("what the command gets", () => {
  const cases: readonly (readonly [typed: readonly string[], printed: string])[] = [
    [["words 'a  b' c"], "<a  b><c>"],
    [["local:words a"], "<a>"],
    [
      ["words", "a  b", "", "don't", '"', "\\n", "“x”", "```"],
      `<a  b><><don't><"><\\n><“x”><\`\`\`>`,
    ],
    [["words", "a", "--", "-x", "--long=1 2"], "<a><--><-x><--long=1 2>"],
    [["words a -- -x"], "<a><--><-x>"],
    [["words", "$HOME", "1.10", "a\nb"], "<$HOME><1.10><a\nb>"],
  ];
  for (const [typed, printed] of cases) {
    test(`${JSON.stringify(typed)} becomes ${JSON.stringify(printed)}`, async () => {
      const { code, stdout, stderr } = await run(typed);

      assert.deepEqual({ code, stdout, stderr }, { code: 0, stdout: printed, stderr: "" });
    });
  }

  test("the environment that a relay gives, and nothing of the caller's", async () => {
    const outer = { LEAKED: "no", PATH: "/nowhere:/usr/bin", ALDIS_TOKEN: "aldis_x" };
    const control = spawn("/usr/bin/env", { env: outer, stdio: ["ignore", "pipe", "ignore"] });
    const [leaked] = await once(control.stdout.setEncoding("utf8"), "data");

    const { stdout } = await run(["env"], outer);

    assert.match(String(leaked), /LEAKED=no/);
    const seen = Object.fromEntries(
      stdout
        .trim()
        .split("\n")
        .map((line) => line.split("=", 2)),
    );
    const { ALDIS_INVOCATION_ID, ALDIS_EXECUTION_ID, HOME, TMPDIR, ...fixed } = seen;
    assert.match(ALDIS_INVOCATION_ID, /^[0-9a-f]{8}-[0-9a-f]{4}-7/);
    assert.match(ALDIS_EXECUTION_ID, /^[0-9a-f]{8}-[0-9a-f]{4}-7/);
    assert.notEqual(ALDIS_EXECUTION_ID, ALDIS_INVOCATION_ID);
    assert.equal(HOME, TMPDIR);
    assert.equal(existsSync(HOME), false);
    assert.deepEqual(fixed, {
      PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
      LANG: "C.UTF-8",
      ALDIS_BUNDLE: "local",
      ALDIS_COMMAND: "env",
      ALDIS_ADAPTER: "console",
      ALDIS_CHANNEL: "console",
      ALDIS_USER: userInfo().username.toLowerCase(),
    });
  });

  test("its options, also as variables", async () => {
    const { stdout } = await run(["deploy", "prod", "-f"]);

    assert.match(stdout, /^prod -f\n/);
    assert.match(stdout, /^ALDIS_OPT_FORCE=true$/m);
    assert.match(stdout, /^ALDIS_OPT_DRY_RUN=no$/m);
    assert.doesNotMatch(stdout, /^GORT_/m);
  });

  test("an empty input", async () => {
    const { code, stdout } = await run(["shell", "cat; echo end"]);

    assert.deepEqual({ code, stdout }, { code: 0, stdout: "end\n" });
  });
});

test("a Gort bundle's commands get Gort's names as well", async () => {
  const { file } = await bundleFolder(`
gort_bundle_version: 1
name: old
version: 0.0.1
commands:
  env: { executable: [/usr/bin/env], native: true, rules: [allow] }
`);

  const { stdout } = await runCli(["bundle", "run", file, "--", "env"]);

  const names = String(stdout).match(/^GORT_[A-Z_]+=.+$/gm) ?? [];
  assert.equal(names.length, 6);
  assert.ok(names.includes("GORT_ROOM=console"));
});

describe("how it ends", () => {
  test("with the command's own exit code, and its output where the command wrote it", async () => {
    const result = await run(["shell", "echo out; echo err >&2; exit 7"]);

    assert.deepEqual(result, { code: 7, stdout: "out\n", stderr: "err\n" });
  });

  const cases: readonly (readonly [typed: readonly string[], code: number, line: RegExp])[] = [
    [["deploy prod --forse"], 64, /^aldis: there is no option --forse; did .*--force/],
    [["deploy"], 64, /environment is missing/],
    [["deploy prod --token hunter22"], 64, /--token is secret/],
    [["deploy 'prod"], 64, /never closed/],
    [["wrods a"], 64, /there is no command wrods; did you mean words\?/],
    [["other:words"], 64, /there is no command other:words/],
    [["zzzzzz"], 64, /there is no command zzzzzz; the bundles are local/],
    [["words a", "b"], 64, /is not the name of a command/],
    [["  "], 64, /no command is named/],
    [["contained"], 69, /runs in a container, and this version of Aldis runs only native/],
    [["gone"], 127, /command not found/],
    [["shell 'kill -9 $$'"], 70, /ended by SIGKILL/],
    [["short 'sleep 60'"], 72, /ended by its time limit: stopped after 300 ms/],
  ];
  for (const [typed, exitCode, line] of cases) {
    test(`${JSON.stringify(typed)} with ${exitCode} and one line`, async () => {
      const { code, stdout, stderr } = await run(typed);

      assert.deepEqual({ code, stdout }, { code: exitCode, stdout: "" });
      assert.match(stderr, line);
      assert.match(stderr, /^aldis: [^\n]+\n$/);
    });
  }

  test("output beyond the limit is cut with a mark, and the command goes on", async () => {
    const result = await run(["short", "seq 10000; exit 3"]);

    assert.equal(result.code, 3);
    assert.equal(result.stdout, "1\n2\n3\n4\n5\n");
    assert.equal(result.stderr, "\n… output cut at 10 bytes\n");
  });

  test("at once when the file is not valid, or not there", async () => {
    const { file } = await bundleFolder("aldis_bundle_version: 1\nname: X\nversion: 1.0.0\n");

    const invalid = await runCli(["bundle", "run", file, "--", "words"]);
    const absent = await runCli(["bundle", "run", `${file}.not`, "--", "words"]);

    assert.equal(invalid.code, 65);
    assert.match(invalid.stderr, /local\.yaml:2:1: name: /);
    assert.equal(absent.code, 66);
    assert.match(absent.stderr, /cannot be read/);
  });
});

describe("ended from outside", () => {
  /** A leader and a child that both only wait; they say where they live and who they are. */
  const waiting = (folder: Folder, before = "") =>
    `${before} echo "$HOME" > ${folder.path("home")}; sleep 1000 & echo $$ > ${folder.path("pid")}; wait; wait`;

  async function assertNothingStays(folder: Folder): Promise<void> {
    const group = Number(folder.read("pid"));
    assert.ok(group > 1);
    await waitFor(() => !isGroupAlive(group), { what: "the command's processes to end" });
    await waitFor(() => !existsSync(folder.read("home").trim()), { what: "its directory to go" });
  }

  function begin(folder: Folder, script: string) {
    return startCli(["bundle", "run", folder.file, "--", "shell", script]);
  }

  test("Ctrl-C ends the whole process tree, and its directory goes", async () => {
    const folder = await bundleFolder();
    const started = begin(folder, waiting(folder));
    const group = Number(await waitFor(() => folder.read("pid"), { timeoutMs: 20_000 }));
    const wasAlive = isGroupAlive(group) && existsSync(folder.read("home").trim());

    started.interrupt();
    const { code, stderr } = await started.result;

    assert.deepEqual(
      { wasAlive, code, stderr },
      { wasAlive: true, code: 130, stderr: "aldis: cancelled\n" },
    );
    assert.equal(isGroupAlive(group), false);
    await assertNothingStays(folder);
  });

  test("a command that will not hear of it is killed", async () => {
    const folder = await bundleFolder();
    const started = begin(folder, waiting(folder, "trap '' TERM;"));
    await waitFor(() => folder.read("pid"), { timeoutMs: 20_000 });

    started.interrupt();
    const { code } = await started.result;

    assert.equal(code, 130);
    await assertNothingStays(folder);
  });

  const program = join(packageRoot(), "bot/cli/aldis.ts");

  test("a second signal ends it at once, and nothing stays behind", async () => {
    const folder = await bundleFolder();
    const script = waiting(folder, "trap 'echo asked' TERM;");
    const args = [program, "bundle", "run", folder.file, "--", "shell", script];
    const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "ignore"] });
    await waitFor(() => folder.read("pid"), { timeoutMs: 20_000 });

    child.kill("SIGINT");
    await once(child.stdout, "data");
    child.kill("SIGTERM");
    const [code] = await once(child, "exit");

    assert.equal(code, 143);
    await assertNothingStays(folder);
  });

  test("a reader that goes away ends it too", async () => {
    const folder = await bundleFolder();
    const script = `${waiting(folder).replace("wait; wait", "while echo more; do sleep 0.02; done")}`;
    const args = ["-c", '"$@" | head -n 1', "-", process.execPath, program];
    const child = spawn("/bin/sh", [...args, "bundle", "run", folder.file, "--", "shell", script], {
      stdio: ["ignore", "ignore", "ignore"],
    });

    await once(child, "exit");

    await assertNothingStays(folder);
  });
});

test("an option that is meant for the command says to write --", async () => {
  const { file } = await bundleFolder();

  const { code, stderr } = await runCli(["bundle", "run", file, "words", "--b"]);

  assert.equal(code, 64);
  assert.match(stderr, /unknown option '--b'\nwrite -- before the text/);
});
