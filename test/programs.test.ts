import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, test, vi } from "vitest";

import { startEmbeddedPostgres } from "../bot/store/embedded-postgres.ts";
import { createLogger } from "../relay/process/logger.ts";
import { packageRoot } from "../relay/process/package-root.ts";
import { type NatsServer, startNatsServer } from "./support/nats-server.ts";
import { createTestDatabase, type TestDatabase } from "./support/postgres.ts";
import { type AldisProcess, startAldis, startNode } from "./support/processes.ts";
import { waitFor } from "./support/wait.ts";

// A dozen processes on two cores take their time.
vi.setConfig({ testTimeout: 60_000 });

/** Bot and relay as separate processes over a real NATS server and Postgres. */
const silent = createLogger({ level: "silent" });
let folder: string;
let nats: NatsServer;
let database: TestDatabase;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "aldis-programs-"));
  nats = await startNatsServer();
  database = await createTestDatabase();
});

afterEach(async () => {
  await nats.stop();
  await database.drop();
  await rm(folder, { recursive: true, force: true });
});

function settings(): Record<string, string> {
  return {
    ALDIS_DATA_DIR: join(folder, "data"),
    ALDIS_DATABASE_URL: database.url,
    ALDIS_DATABASE_OWNER_URL: database.ownerUrl,
    ALDIS_NATS_URL: nats.url,
    ALDIS_API_ADDRESS: "127.0.0.1:0",
    ALDIS_RELAY_NATIVE: "demo",
    ALDIS_RELAY_HEARTBEAT: "500ms",
    ALDIS_RELAY_CLAIM_TIMEOUT: "1s",
    ALDIS_RELAY_CONFIRM_TIMEOUT: "1s",
    ALDIS_RELAY_STOP_DEADLINE: "300ms",
    ALDIS_STOP_DEADLINE: "1s",
  };
}

interface Running {
  bot: AldisProcess;
  relay: AldisProcess;
  env: Record<string, string>;
}

async function startBot(env: Record<string, string>): Promise<AldisProcess> {
  const bot = startAldis(["bot"], { env });
  const ready = await bot.waitForLine(/bot ready/, 20_000);
  env.ALDIS_URL = JSON.parse(ready).api;
  return bot;
}

async function startBoth(): Promise<Running> {
  const env = settings();
  const bot = await startBot(env);
  await cli(env, "bundle", "install", "bundles/demo.yaml", "--enable");
  const token = (await cli(env, "relay", "enrol", "--name", "first")).stdout.at(-1) ?? "";
  const word = token.split(/\s/).find((part) => part.startsWith("aldis-join-")) ?? "";
  assert.equal((await cli(env, "relay", "join", word)).code, 0);
  const relay = startAldis(["relay"], { env });
  await relay.waitForLine(/relay ready/);
  return { bot, relay, env };
}

async function cli(env: Record<string, string>, ...args: string[]) {
  const program = startAldis(args, { env });
  program.endInput();
  const { code } = await program.exit;
  return { code, stdout: [...program.stdout], stderr: [...program.stderr] };
}

describe("aldis exec through bot, NATS and relay", () => {
  test("prints the output, and passes on the exit code", async () => {
    const { env } = await startBoth();

    const hello = await cli(env, "exec", "!echo hello");
    assert.deepEqual([hello.code, hello.stdout], [0, ["hello"]], hello.stderr.join("\n"));
    const failed = await cli(env, "exec", "!fail 3");
    assert.deepEqual([failed.code, failed.stderr[0]], [3, "failing with 3"]);
    const unknown = await cli(env, "exec", "!nosuch");
    assert.notEqual(unknown.code, 0);
    const relays = await cli(env, "relay", "list", "--json");
    assert.match(relays.stdout.join(""), /"state": ?"reachable"/);
  });

  test("Ctrl-C cancels the command and waits for its end", async () => {
    const { env } = await startBoth();
    const running = startAldis(["exec", "!count 4711 0.05"], { env });
    await running.waitForLine(/^2$/);
    running.kill("SIGINT");

    assert.equal((await running.exit).code, 130);
    assert.doesNotMatch(execFileSync("ps", ["-eo", "args"], { encoding: "utf8" }), /count 4711/);
  });
});

describe("a part that goes away", () => {
  test("NATS restarted: both wait, and the next command runs", async () => {
    const { env, bot, relay } = await startBoth();
    const { port } = nats;
    await nats.stop();
    await Promise.all([bot.waitForLine(/bus lost/), relay.waitForLine(/bus lost/)]);
    nats = await startNatsServer({ port });
    await Promise.all([
      bot.waitForLine(/bus connected again/, 20_000),
      relay.waitForLine(/bus connected again/, 20_000),
    ]);

    assert.deepEqual((await cli(env, "exec", "!echo back")).stdout, ["back"]);
  });

  test("Postgres restarted: what is typed meanwhile is not run, and said so; then all goes on", async () => {
    const directory = await mkdtemp("/tmp/aldis-pg-");
    await chmod(directory, 0o711);
    const start = () => startEmbeddedPostgres({ directory: join(directory, "p"), log: silent });
    let postgres = await start();
    const { appUrl: url, ownerUrl } = postgres;
    database = { ...database, url, ownerUrl };
    const { env } = await startBoth();
    await postgres.stop();
    const meanwhile = await cli(env, "exec", "!echo lost");
    postgres = await start();
    await waitFor(async () => (await cli(env, "exec", "!echo back")).stdout[0] === "back", {
      timeoutMs: 45_000,
    });
    const { stdout } = await cli(env, "ps", "--all");
    await postgres.stop();
    await rm(directory, { recursive: true });

    assert.notEqual(meanwhile.code, 0);
    assert.match(meanwhile.stderr.join("\n"), /database cannot be reached/);
    assert.equal(stdout.filter((line) => line.includes("demo:echo")).length, 1);
  });

  test("the relay killed while a command runs: it is settled as interrupted when it is back", async () => {
    const { env, relay } = await startBoth();
    const running = startAldis(["exec", "!count 3571 0.05"], { env });
    await running.waitForLine(/^3$/);
    relay.kill("SIGKILL");
    await relay.exit;
    const again = startAldis(["relay"], { env });
    await again.waitForLine(/relay ready/);

    await running.exit;
    assert.match(running.stderr.join("\n"), /interrupted/);
    assert.doesNotMatch(processList(), /count 3571/);
  });

  test("the bot killed while a command runs: the answer is there when it is back", async () => {
    const { env, bot } = await startBoth();
    const running = startAldis(["exec", "!count 4 0.3"], { env });
    await running.waitForLine(/^2$/);
    bot.kill("SIGKILL");
    await bot.exit;
    const port = new URL(env.ALDIS_URL ?? "").port;
    env.ALDIS_API_ADDRESS = `127.0.0.1:${port}`;
    await startBot(env);

    assert.equal((await running.exit).code, 0);
    assert.deepEqual(running.stdout, ["1", "2", "3", "4"]);
  });
});

describe("a start that cannot be", () => {
  test("without a reachable database says so and tries again until a signal", async () => {
    const env = { ...settings(), ALDIS_DATABASE_URL: "postgres://a:b@127.0.0.1:1/aldis" };
    delete (env as Record<string, string | undefined>).ALDIS_DATABASE_OWNER_URL;
    const bot = startAldis(["bot"], { env });
    await bot.waitForLine(/database not reachable/);
    bot.kill("SIGTERM");

    assert.equal((await bot.exit).code, 0);
  });

  test("without a reachable NATS says so and tries again until a signal", async () => {
    const env = { ...settings(), ALDIS_NATS_URL: "nats://127.0.0.1:1" };
    const bot = startAldis(["bot"], { env });
    await bot.waitForLine(/bus not reachable/);
    bot.kill("SIGINT");

    assert.equal((await bot.exit).code, 0);
  });

  const refusals: readonly (readonly [
    what: string,
    args: readonly string[],
    change: Record<string, string>,
    code: number,
    line: RegExp,
  ])[] = [
    ["a bot without a database", ["bot"], { ALDIS_DATABASE_URL: "" }, 78, /ALDIS_DATABASE_URL/],
    [
      "a bot with the wrong password",
      ["bot"],
      { ALDIS_DATABASE_URL: "wrong", ALDIS_DATABASE_OWNER_URL: "" },
      78,
      /password authentication failed.*ALDIS_DATABASE_URL/,
    ],
    [
      "a bot as a superuser",
      ["bot"],
      { ALDIS_DATABASE_URL: "owner", ALDIS_DATABASE_OWNER_URL: "" },
      78,
      /not bound by row-level security/,
    ],
    ["a relay that has not joined", ["relay"], {}, 78, /aldis relay join TOKEN/],
    ["a relay with a wrong token", ["relay", "join", "nonsense"], {}, 64, /no join token/],
    ["a command line to nobody", ["whoami"], { ALDIS_URL: "http://127.0.0.1:1" }, 69, /no bot/i],
    ["no such subcommand", ["exce"], {}, 64, /exec/],
  ];

  test.each(refusals)("%s", async (_, args, change, code, line) => {
    const urls: Record<string, string> = {
      owner: database.ownerUrl,
      wrong: database.url.replace(/:[^:@/]+@/, ":wrong@"),
    };
    const env: Record<string, string> = { ...settings(), ALDIS_TOKEN: "aldis_none" };
    for (const [name, value] of Object.entries(change)) env[name] = urls[value] ?? value;
    const said = await cli(env, ...args);

    assert.equal(said.code, code, said.stderr.join("\n"));
    assert.match(said.stderr.join("\n"), line);
    assert.doesNotMatch(said.stderr.join("\n"), /^ {4}at /m);
  });

  test("a bundle that is wrong is refused with every mistake, line and column", async () => {
    const env = settings();
    await startBot(env);
    const file = join(folder, "wrong.yaml");
    await writeFile(
      file,
      "aldis_bundle_version: 1\nname: X\nversion: one\ncommands: {}\nimge: a\n",
    );
    const said = await cli(env, "bundle", "install", file);

    assert.equal(said.code, 65);
    assert.match(said.stderr.join("\n"), /wrong\.yaml:2:1/);
    assert.match(said.stderr.join("\n"), /imge.*image/);
  });
});

describe("what is loaded", () => {
  const LISTER = join(packageRoot(), "test/support/list-modules.mjs");

  async function modulesOf(args: readonly string[], env: Record<string, string>) {
    const file = join(folder, "modules.txt");
    const program = startNode(["--import", LISTER, "dist/bot/cli/aldis.js", ...args], {
      env: { ...env, LIST_MODULES_TO: file },
    });
    program.endInput();
    await program.exit;
    const root = `file://${packageRoot()}/`;
    return (await readFile(file, "utf8"))
      .split("\n")
      .filter((url) => url.startsWith(root))
      .map((url) => url.slice(root.length));
  }

  test("by a relay: nothing of the bot but the program itself", async () => {
    const modules = await modulesOf(["relay"], settings());

    assert.ok(modules.includes("dist/relay/main.js"));
    assert.deepEqual(
      modules.filter((file) => file.startsWith("dist/bot/")),
      ["dist/bot/cli/aldis.js"],
    );
  });

  test("by a bot: no chat that is not configured", async () => {
    const env = { ...settings(), ALDIS_NATS_URL: "", ALDIS_DATABASE_URL: "" };
    const modules = await modulesOf(["bot"], env);

    assert.ok(modules.includes("dist/bot/main.js"));
    const chats =
      /node_modules\/(@slack|discord\.js|@discordjs)\/|bot\/chat\/(slack|discord|console)\//;
    assert.deepEqual(
      modules.filter((file) => chats.test(file)),
      [],
    );
  });
});

function processList(): string {
  return execFileSync("ps", ["-eo", "args"], { encoding: "utf8" });
}
