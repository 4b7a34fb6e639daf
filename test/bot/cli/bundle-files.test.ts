import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, onTestFinished, test } from "vitest";
import { runCli } from "./run-cli.ts";

const BUNDLE = `aldis_bundle_version: 1
name: web
version: 1.0.0
commands:
  deploy:
    description: Deploys.
    executable: [deploy]
    native: true
    options: {}
    rules: [allow]
`;

async function folder(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), "aldis-files-"));
  onTestFinished(() => rm(made, { recursive: true }));
  return made;
}

async function file(name: string, text: string): Promise<string> {
  const path = join(await folder(), name);
  await writeFile(path, text);
  return path;
}

describe("aldis bundle lint --json", () => {
  test("prints what it knows of each file, with its errors and warnings", async () => {
    const good = await file("good.yaml", BUNDLE);
    const loose = await file("loose.yaml", BUNDLE.replace("[allow]", "[]"));
    const bad = await file("bad.yaml", BUNDLE.replace("rules:", "ruels:"));

    const { code, stdout, stderr } = await runCli(["bundle", "lint", good, loose, bad, "--json"]);

    assert.deepEqual([code, stderr], [65, ""]);
    assert.deepEqual(JSON.parse(String(stdout)), [
      { file: good, valid: true, name: "web", version: "1.0.0", errors: [], warnings: [] },
      {
        file: loose,
        valid: true,
        name: "web",
        version: "1.0.0",
        errors: [],
        warnings: [
          {
            key: "commands.deploy",
            line: 5,
            column: 3,
            message: "has no rule, so nobody may run it",
          },
        ],
      },
      {
        file: bad,
        valid: false,
        name: null,
        version: null,
        errors: [
          {
            key: "commands.deploy.ruels",
            line: 10,
            column: 5,
            message: "is not a known key",
            suggestion: "rules",
          },
        ],
        warnings: [],
      },
    ]);
  });

  test("warnings alone do not fail, and a file that is not there does", async () => {
    const loose = await file("loose.yaml", BUNDLE.replace("[allow]", "[]"));

    const warned = await runCli(["bundle", "lint", loose, "--json"]);
    const missing = await runCli(["bundle", "lint", loose, "/nonexistent/web.yaml", "--json"]);

    assert.equal(warned.code, 0);
    assert.equal(missing.code, 66);
    const [first, second] = JSON.parse(String(missing.stdout));
    assert.deepEqual(
      [first.valid, second.valid, second.file],
      [true, false, "/nonexistent/web.yaml"],
    );
    assert.match(second.errors[0].message, /^\/nonexistent\/web\.yaml cannot be read: /);
  });
});

test("what a file says cannot act on the terminal", async () => {
  const bad = await file("bad.yaml", BUNDLE.replace("native: true", '"\\e[31mred": 1'));

  const { stdout } = await runCli(["bundle", "lint", bad]);

  assert.match(String(stdout), /red: is not a known key/);
  assert.ok(!String(stdout).includes("\u001b"));
});

describe("aldis bundle diff", () => {
  const CHANGED = BUNDLE.replace("1.0.0", "1.1.0")
    .replace("commands:", "permissions: [deploy]\nlimits: { timeout: 10m }\ncommands:")
    .replace("[allow]", "[must have web:deploy]")
    .replace("native: true", "native: true\n    user: 0:0");

  test("shows what changes, permissions first, without colour where nobody looks", async () => {
    const [before, after] = [await file("before.yaml", BUNDLE), await file("after.yaml", CHANGED)];

    const { code, stdout, stderr } = await runCli(["bundle", "diff", before, after]);

    assert.deepEqual([code, stderr], [0, ""]);
    assert.deepEqual(String(stdout).split("\n"), [
      "web 1.0.0 → web 1.1.0",
      "permissions",
      "  + deploy",
      "rules",
      "  - deploy: allow (stricter)",
      "  + deploy: must have web:deploy",
      "user",
      "  ~ deploy: 65534:65534 → 0:0",
      "limits",
      "  ~ deploy: timeout 5m → 10m",
      "bundle",
      "  ~ version 1.0.0 → 1.1.0",
      "",
    ]);
  });

  test("colours what it shows where it is told to", async () => {
    const [before, after] = [await file("before.yaml", BUNDLE), await file("after.yaml", CHANGED)];

    const { stdout } = await runCli(["bundle", "diff", before, after], { FORCE_COLOR: "1" });

    assert.ok(String(stdout).includes("\u001b[32m  + deploy\u001b[39m"), String(stdout));
  });

  test("one line for what several commands share", async () => {
    const other = "  read: { executable: [r], native: true, rules: [allow] }\n";
    const two = await file("two.yaml", BUNDLE + other);
    const slow = BUNDLE.replace("commands:", "limits: { timeout: 10m }\ncommands:") + other;

    const { stdout } = await runCli(["bundle", "diff", two, await file("slow.yaml", slow)]);

    assert.match(String(stdout), /\n {2}~ deploy, read: timeout 5m → 10m\n/);
  });

  test("for scripts as JSON", async () => {
    const [before, after] = [await file("before.yaml", BUNDLE), await file("after.yaml", CHANGED)];

    const { code, stdout } = await runCli(["bundle", "diff", before, after, "--json"]);

    const { before: from, after: to, changes } = JSON.parse(String(stdout));
    assert.equal(code, 0);
    assert.deepEqual([from.version, to.version], ["1.0.0", "1.1.0"]);
    assert.deepEqual(changes[1], {
      section: "rules",
      command: "deploy",
      key: "rules",
      kind: "removed",
      before: "allow",
      effect: "stricter",
    });
  });

  test("nothing changes between a file and itself", async () => {
    const same = await file("same.yaml", BUNDLE);

    const plain = await runCli(["bundle", "diff", same, same]);
    const json = await runCli(["bundle", "diff", same, same, "--json"]);

    assert.deepEqual([plain.code, String(plain.stdout)], [0, ""]);
    assert.match(plain.stderr, /web 1\.0\.0: nothing changes/);
    assert.deepEqual(JSON.parse(String(json.stdout)).changes, []);
  });

  test("a file that is not valid, or not there", async () => {
    const good = await file("good.yaml", BUNDLE);
    const bad = await file("bad.yaml", BUNDLE.replace("rules:", "ruels:"));

    const invalid = await runCli(["bundle", "diff", good, bad]);
    const missing = await runCli(["bundle", "diff", "/nonexistent/web.yaml", good]);

    assert.equal(invalid.code, 65);
    assert.match(invalid.stderr, /bad\.yaml:10:5: commands\.deploy\.ruels/);
    assert.equal(missing.code, 66);
  });
});
