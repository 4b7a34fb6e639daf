import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { afterAll, beforeAll, describe, test, vi } from "vitest";
import { type NatsServer, startNatsServer } from "./support/nats-server.ts";
import { createTestDatabase, type TestDatabase } from "./support/postgres.ts";
import { type AldisProcess, startAldis } from "./support/processes.ts";
import { findIn, findInDatabase, findInFiles, type Secret } from "./support/secret-search.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000 });

/**
 * Bot and relay as programs, with a random value in every place that takes a secret. Whatever they
 * leave behind is then searched for all of them.
 */
const secrets: Secret[] = [];
const said: string[] = [];
let folder: string;
let nats: NatsServer;
let database: TestDatabase;
let owner: pg.Client;
let roles: string[];
const programs: AldisProcess[] = [];

const BUNDLE = `
aldis_bundle_version: 1
name: web
version: 1.0.0
description: A web site.
commands:
  deploy:
    description: Deploys.
    executable: [/bin/echo, deployed]
    native: true
    options:
      token: { type: string, secret: true, short: t }
      site: { type: string }
    arguments: [{ name: place }]
    rules: [allow]
`;

/** A value with signs that URLs and JSON write otherwise. */
function secret(what: string): string {
  const value = `${randomBytes(32).toString("base64")}%/`;
  secrets.push({ what, value });
  return value;
}

/** The same for where a person types it as a word. */
function plainSecret(what: string): string {
  const value = randomBytes(32).toString("base64url").replace(/^-/, "x");
  secrets.push({ what, value });
  return value;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "aldis-secrets-"));
  database = await createTestDatabase();
  owner = new pg.Client(database.ownerUrl);
  await owner.connect();
  const [natsPassword, settings] = [secret("NATS password"), await databaseSettings()];
  const config = join(folder, "nats.conf");
  await writeFile(
    config,
    `authorization { user: "someone", password: ${JSON.stringify(natsPassword)} }`,
  );
  nats = await startNatsServer({ args: ["--config", config] });
  const address = new URL(nats.url);
  address.username = "someone";
  address.password = encodeURIComponent(natsPassword);
  await runEverything({ ...settings, ALDIS_NATS_URL: address.href });
});

afterAll(async () => {
  for (const program of programs) program.kill("SIGTERM");
  await Promise.all(programs.map(({ exit }) => exit));
  await nats.stop();
  await owner.end();
  await database.drop();
  await dropRoles();
  await rm(folder, { recursive: true, force: true });
});

/** Logins of this test's own, whose passwords are known to nobody else. */
async function databaseSettings(): Promise<Record<string, string>> {
  const [ownerPassword, password] = [secret("owner's password"), secret("database password")];
  const suffix = randomBytes(4).toString("hex");
  roles = [`owner_${suffix}`, `bot_${suffix}`];
  await owner.query(
    `create role ${roles[0]} login superuser password ${owner.escapeLiteral(ownerPassword)}`,
  );
  const url = (user: string | undefined, pass: string) => {
    const named = new URL(database.url);
    named.username = user ?? "";
    named.password = encodeURIComponent(pass);
    return named.href;
  };
  return {
    ALDIS_DATABASE_URL: url(roles[1], password),
    ALDIS_DATABASE_OWNER_URL: url(roles[0], ownerPassword),
  };
}

async function dropRoles(): Promise<void> {
  const other = await createTestDatabase();
  const client = new pg.Client(other.ownerUrl);
  await client.connect();
  for (const role of roles) await client.query(`drop role if exists ${role}`);
  await client.end();
  await other.drop();
}

async function runEverything(connections: Record<string, string>): Promise<void> {
  const env: Record<string, string> = {
    ...connections,
    ALDIS_DATA_DIR: join(folder, "data"),
    ALDIS_API_ADDRESS: "127.0.0.1:0",
    ALDIS_LOG_LEVEL: "trace",
    ALDIS_RELAY_NATIVE: "web",
    ALDIS_SLACK_APP_TOKEN: secret("Slack app token"),
    ALDIS_SLACK_BOT_TOKEN: secret("Slack bot token"),
    ALDIS_DISCORD_TOKEN: secret("Discord token"),
  };
  const bot = startAldis(["bot"], { env });
  programs.push(bot);
  env.ALDIS_URL = JSON.parse(await bot.waitForLine(/bot ready/, 40_000)).api;
  await joinAndRunRelay(env);
  await keepKeys();
  await typeSecrets(env);
  await cli({ ...env, ALDIS_TOKEN: `aldis_${plainSecret("unknown API token")}` }, "whoami");
  await cli(env, "relay", "join", `aldis-join-${plainSecret("unknown join token")}`);
  await cli(env, "config", "explain");
  const exported = await cli(env, "audit", "export");
  assert.match(exported.stdout.join("\n"), /invocation\.requested/);
}

async function joinAndRunRelay(env: Record<string, string>): Promise<void> {
  const bundle = join(folder, "web.yaml");
  await writeFile(bundle, BUNDLE);
  await cli(env, "bundle", "install", bundle, "--enable");
  const { stdout } = await cli(env, "relay", "enrol", "--name", "first");
  const word =
    stdout
      .join(" ")
      .split(/\s/)
      .find((part) => part.startsWith("aldis-join-")) ?? "";
  const token: { token: string } = JSON.parse(
    Buffer.from(word.slice("aldis-join-".length), "base64url").toString(),
  );
  // It was shown to whoever asked for it, and that once.
  said.length = 0;
  secrets.push({ what: "join token", value: token.token });
  const joined = await cli(env, "relay", "join", word);
  assert.equal(joined.code, 0, joined.stderr.join("\n"));
  const relay = startAldis(["relay"], { env });
  programs.push(relay);
  await relay.waitForLine(/relay ready/, 40_000);
}

/** What the programs have made for themselves. */
async function keepKeys(): Promise<void> {
  for (const path of ["admin.token", "keys/master.key"]) {
    secrets.push({
      what: path,
      value: (await readFile(join(folder, "data", path), "utf8")).trim(),
    });
  }
  for (const path of [
    "keys/signing.pem",
    "keys/authority.pem",
    "relay/signing.pem",
    "relay/sealing.pem",
  ]) {
    const pem = await readFile(join(folder, "data", path), "utf8");
    const body = pem
      .split("\n")
      .filter((line) => !line.startsWith("-----"))
      .join("");
    // The last 32 bytes are the key, what is in front of them is the same for all.
    secrets.push({
      what: path,
      value: Buffer.from(body, "base64").subarray(-32).toString("base64"),
    });
  }
}

async function typeSecrets(env: Record<string, string>): Promise<void> {
  const typed = (how: string) => plainSecret(`typed as ${how}`);
  await cli(env, "exec", "!web:deploy here --site there");
  for (const how of [
    "--token X",
    "--token=X",
    "-t X",
    "-tX",
    "--tokn X",
    "--Token X",
    "--token= X",
    "--token -- X",
    "--token 'X",
    "—token X",
    "--toekn=X",
  ]) {
    await cli(env, "exec", `!web:deploy here ${how.replace("X", typed(how))}`);
  }
  await cli(env, "exec", `!web.deploy --token ${typed("an option of no command")}`);
  await cli(env, "exec", `!wbe:deploy --token ${typed("an option of an unknown command")}`);
}

async function cli(env: Record<string, string>, ...args: string[]) {
  const program = startAldis(args, { env });
  program.endInput();
  const { code } = await program.exit;
  said.push(...program.stdout, ...program.stderr);
  return { code, stdout: [...program.stdout], stderr: [...program.stderr] };
}

describe("no secret is found", () => {
  test("in the database, where a planted one is", async () => {
    assert.ok(secrets.length >= 25);
    assert.deepEqual(await findInDatabase(owner, secrets), []);

    const planted = secrets.slice(0, 1);
    await owner.query("create table planted (a text, b bytea, c jsonb)");
    for (const value of ["a", "b", "c"]) {
      await owner.query("truncate planted");
      const kept = value === "c" ? JSON.stringify(planted[0]?.value) : planted[0]?.value;
      await owner.query(`insert into planted (${value}) values ($1)`, [kept]);
      assert.deepEqual(
        await findInDatabase(owner, planted),
        ["public.planted: NATS password"],
        value,
      );
    }
    await owner.query("drop table planted");
  });

  test("in what the programs have logged, at the lowest level", () => {
    const logged = programs.map(({ stdout, stderr }) => [...stdout, ...stderr].join("\n"));

    for (const lines of logged) assert.ok(lines.split("\n").length > 2);
    assert.deepEqual(findIn(logged.join("\n"), secrets), []);
    assert.deepEqual(findIn(`${logged[0]} ${secrets[3]?.value}`, secrets), [secrets[3]?.what]);
  });

  test("in what the command line has answered", () => {
    assert.ok(said.length > 20);
    assert.deepEqual(findIn(said.join("\n"), secrets), []);
  });

  test("in a file, but where it is kept by right", async () => {
    const byRight = /admin\.token$|master\.key$|\.pem$/;
    const data = join(folder, "data");

    assert.deepEqual(await findInFiles(data, secrets, byRight), []);
    assert.equal((await findInFiles(data, secrets, /^$/)).length, 6);
  });

  test("in the list of processes", async () => {
    const ours = await Promise.all(
      programs.map(({ pid }) => readFile(`/proc/${pid}/cmdline`, "latin1")),
    );
    const all = await commandLines();

    assert.ok(ours.every((line) => line.includes("aldis")));
    assert.deepEqual(findIn(all, secrets), []);
  });
});

async function commandLines(): Promise<string> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const lines = pids.map((pid) => readFile(`/proc/${pid}/cmdline`, "latin1").catch(() => ""));
  return (await Promise.all(lines)).join("\n");
}
