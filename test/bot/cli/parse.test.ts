import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished, test } from "vitest";
import { type CliResult, runCli } from "./run-cli.ts";

const WEB = `
aldis_bundle_version: 1
name: web
version: 1.0.0
image: web:1
commands:
  deploy:
    executable: [deploy]
    options: { force: { type: bool }, count: { type: int, default: 3 } }
    arguments: [{ name: where, required: true }]
`;

async function fileOf(text: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "aldis-parse-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = join(folder, "bundle.yaml");
  await writeFile(file, text);
  return file;
}

/** One line of JSON, and nothing else. */
function jsonOf({ stdout, stderr }: CliResult): unknown {
  assert.equal(stderr, "");
  assert.match(String(stdout), /^[^\n]+\n$/);
  return JSON.parse(String(stdout));
}

test("prints how a line is read, as one line of JSON", async () => {
  const file = await fileOf(WEB);

  const result = await runCli(["parse", "!deploy 'the moon' --force", "--bundle", file, "--json"]);

  assert.equal(result.code, 0);
  assert.deepEqual(jsonOf(result), {
    bundle: "web",
    command: "deploy",
    options: { force: true, count: 3 },
    arguments: ["the moon"],
    argv: ["the moon", "--force"],
  });
});

test("a line that cannot be read is an error with its place, and 1", async () => {
  const result = await runCli(["parse", "web:deploy 'the moon", "--json"]);

  assert.equal(result.code, 1);
  assert.deepEqual(jsonOf(result), {
    error: {
      code: "unclosed-quote",
      message: "the quote at character 12 is never closed",
      position: 11,
    },
  });
});

test("people see a table in which what is not known is told from any text", async () => {
  const { code, stdout } = await runCli(["parse", "!deploy 'a b' --x unknown \u009b31m --force"]);

  assert.equal(code, 0);
  assert.equal(
    String(stdout),
    [
      "command:    deploy",
      "options:    x = unknown",
      "            force = unknown",
      'arguments:  [0] = "a b"',
      "            [1] = unknown",
      "            [2] = unknown",
      "            [3] = unknown",
      "            [4] = unknown",
      'argv:       "a b" "--x" "unknown" "\\u009b31m" "--force"',
      "",
    ].join("\n"),
  );
});

test("people see below the line where it goes wrong", async () => {
  const file = await fileOf(WEB);

  const wide = await runCli(["parse", "!deploy\n漢字 --forse", "--bundle", file]);
  const empty = await runCli(["parse", ""]);

  assert.equal(wide.code, 1);
  assert.equal(String(wide.stdout), "");
  const message = "aldis: there is no option --forse; did you mean --force?";
  assert.equal(wide.stderr, `  漢字 --forse\n       ^\n${message}\n`);
  assert.equal(empty.code, 1);
  assert.match(empty.stderr, /no command is named/);
});

test("a bundle that is not valid, cannot be read or is given twice has its own exit code", async () => {
  const good = await fileOf(WEB);
  const bad = await fileOf(WEB.replace("executable", "exectuable"));
  const parse = (...files: string[]) =>
    runCli(["parse", "!deploy x", "--json", ...files.flatMap((file) => ["--bundle", file])]);

  const [invalid, missing, twice] = await Promise.all([
    parse(good, bad),
    parse("/nonexistent.yaml"),
    parse(good, good),
  ]);

  assert.deepEqual([invalid.code, missing.code, twice.code], [65, 66, 64]);
  assert.match(invalid.stderr, /bundle\.yaml:\d+:\d+: commands\.deploy.*exectuable/);
  assert.match(missing.stderr, /^aldis: \/nonexistent\.yaml cannot be read/);
  assert.match(twice.stderr, /another bundle web/);
  for (const { stdout } of [invalid, missing, twice]) assert.equal(String(stdout), "");
});
