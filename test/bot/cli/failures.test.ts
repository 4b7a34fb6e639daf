import assert from "node:assert/strict";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished, test } from "vitest";
import { findConnection } from "../../../bot/cli/connection.ts";
import { runCli, startCliBot } from "./run-cli.ts";

type Case = readonly [args: readonly string[], env: Record<string, string>, code: number, RegExp];

const nobody = { ALDIS_URL: "http://127.0.0.1:2", ALDIS_TOKEN: "aldis_x" };
const cases: readonly Case[] = [
  [["bundel"], {}, 64, /unknown command 'bundel'\n\(Did you mean bundle\?\)/],
  [["bundle", "instal"], {}, 64, /Did you mean install/],
  [["ps", "--jsn"], {}, 64, /unknown option '--jsn'\n\(Did you mean --json\?\)/],
  [["ps", "--limit", "many"], {}, 64, /1 to 200/],
  [["exec"], {}, 64, /missing required argument/],
  [["exec", "one", "two"], {}, 64, /too many arguments/],
  [["relay", "enrol"], {}, 64, /--name/],
  [["relay", "join", "nonsense"], {}, 64, /join token/],
  [["whoami"], nobody, 69, /no bot answers at http:\/\/127\.0\.0\.1:2 \(connection refused\)/],
  [["exec", "!help"], nobody, 69, /no bot answers/],
  [["whoami"], { ALDIS_URL: nobody.ALDIS_URL }, 77, /no token: .*aldis up/],
  [["whoami"], { ...nobody, ALDIS_URL: "http://bot.example" }, 78, /plain http to bot\.example/],
  [["whoami"], { ...nobody, ALDIS_URL: "http://[::2]:4000" }, 78, /plain http/],
  [["whoami"], { ...nobody, ALDIS_URL: "nonsense" }, 64, /not the URL of a bot/],
  [["whoami"], { ALDIS_TOKEN_FILE: "/nonexistent/token" }, 77, /ALDIS_TOKEN_FILE/],
  [["bot"], {}, 78, /ALDIS_DATABASE_URL/],
  [["migrate"], {}, 78, /ALDIS_DATABASE_OWNER_URL/],
  [["config", "explain"], { ALDIS_API_ADDRESS: "nowhere" }, 78, /ALDIS_API_ADDRESS/],
];

test("each mistake is told in a line or two, with its exit code and no stack", async () => {
  for (const [args, env, exitCode, words] of cases) {
    const { code, stdout, stderr } = await runCli(args, env);
    const what = args.join(" ");
    assert.equal(code, exitCode, `${what}: ${stderr}`);
    assert.match(stderr, words, what);
    assert.match(stderr, /^aldis: /, what);
    assert.ok(stderr.trim().split("\n").length <= 2, `${what}: ${stderr}`);
    assert.equal(String(stdout), "", what);
  }
});

test("a token that nobody holds, and a right that one lacks, are 77", async () => {
  const bot = await startCliBot();
  const other = await bot.addUser("other");

  const unknown = await runCli(["whoami"], { ...bot.env, ALDIS_TOKEN: "aldis_nobody" });
  const lacking = await runCli(["bundle", "list"], { ...bot.env, ALDIS_TOKEN: other.token });

  assert.equal(unknown.code, 77);
  assert.match(unknown.stderr, /valid API token/);
  assert.equal(lacking.code, 77);
  assert.match(lacking.stderr, /site:bundles-read/);
});

test("takes the token that a bot on this machine has left, and sends it nowhere else", async () => {
  const folder = await mkdtemp(join(tmpdir(), "aldis-cli-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, "admin.token"), "aldis_left\n");
  await chmod(folder, 0o700);
  const env = { ALDIS_DATA_DIR: folder };

  const here = findConnection({}, env);

  assert.equal(here.token, "aldis_left");
  assert.equal(here.url.href, "http://127.0.0.1:4000/");
  assert.throws(
    () => findConnection({ url: "https://bot.example" }, env),
    /no token for bot\.example/,
  );
});

test("help documents the exit codes, and the version is the package's", async () => {
  const help = await runCli(["--help"]);
  const version = await runCli(["--version"]);

  assert.equal(help.code, 0);
  assert.match(String(help.stdout), /Exit codes:[\s\S]*130 +cancelled/);
  assert.match(String(version.stdout), /^\d+\.\d+\.\d+\n$/);
});
