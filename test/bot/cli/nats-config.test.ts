import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decode, parseCreds, type User } from "@nats-io/jwt";
import { beforeEach, onTestFinished, test } from "vitest";
import { botPermissions } from "../../../bot/relays/nats-permissions.ts";
import { runCli } from "./run-cli.ts";

let directory: string;

beforeEach(async () => {
  directory = join(await mkdtemp(join(tmpdir(), "aldis-nats-config-")), "nats");
  onTestFinished(() => rm(join(directory, ".."), { recursive: true }));
});

function config(...more: string[]) {
  const args = ["--dir", directory, "--server", "nats://nats.example.com", ...more];
  return runCli(["nats", "config", ...args]);
}

async function contents(): Promise<Record<string, string>> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const paths = entries.filter((e) => e.isFile()).map((e) => join(e.parentPath, e.name));
  const texts = paths.map(async (path) => [path, await readFile(path, "utf8")] as const);
  return Object.fromEntries(await Promise.all(texts));
}

test("everything written is for this user only", async () => {
  const { code } = await config("--make-tls");

  assert.equal(code, 0);
  const entries = await readdir(directory, { recursive: true });
  assert.ok(entries.includes("nats-server.conf") && entries.includes("tls/ca-key.pem"));
  for (const path of ["", ...entries]) {
    const { mode } = await stat(join(directory, path));
    assert.equal(mode & 0o077, 0, path);
  }
});

test("says what to set on the bot, with the scheme of a server that has a certificate", async () => {
  const { stdout } = await config("--make-tls");

  const said = stdout.toString();
  assert.match(said, /ALDIS_NATS_URL=tls:\/\/nats\.example\.com:4222\n/);
  const named = [...said.matchAll(/ALDIS_NATS_\w+_FILE=(.+)/g)].map(([, path]) => path ?? "");
  assert.equal(named.length, 5);
  for (const path of named) await stat(path);
});

test("a second time changes nothing, and says what it kept", async () => {
  await config("--make-tls");
  const before = await contents();

  const { code, stdout } = await config("--make-tls");

  assert.equal(code, 0);
  assert.deepEqual(await contents(), before);
  assert.match(stdout.toString(), /kept as it was: nats-server\.conf/);
  assert.doesNotMatch(stdout.toString(), /written/);
});

test("makes no new seeds beside a configuration whose own are kept elsewhere", async () => {
  await config();
  await rm(join(directory, "offline"), { recursive: true });
  const before = await contents();

  const { code } = await config();

  assert.equal(code, 0);
  assert.deepEqual(await contents(), before);
});

test("goes on where it was stopped half-way", async () => {
  await config();
  const seed = await readFile(join(directory, "account-signing.seed"), "utf8");
  for (const name of ["nats-server.conf", "bot.creds", "offline/system.seed", "system.creds"]) {
    await rm(join(directory, name));
  }

  const { code } = await config();

  assert.equal(code, 0);
  assert.equal(await readFile(join(directory, "account-signing.seed"), "utf8"), seed);
  await stat(join(directory, "nats-server.conf"));
  await stat(join(directory, "bot.creds"));
});

test.each<[string, string[], number, RegExp]>([
  ["a server that is no address", ["--server", "example"], 64, /nats:\/\/nats\.example\.com/],
  ["a certificate without key", ["--tls-cert", "x.pem"], 64, /go together/],
  ["a certificate that is not there", ["--tls-cert", "x", "--tls-key", "y"], 66, /x: cannot be/],
  ["both ways of TLS", ["--make-tls", "--tls-ca", "x"], 64, /either/],
])("refuses %s in one line", async (_, more, exitCode, line) => {
  const { code, stderr } = await config(...more);

  assert.equal(code, exitCode);
  assert.match(stderr, line);
  assert.equal(stderr.trim().split("\n").length, 1);
});

test("says in one line that openssl is missing", async () => {
  const args = ["nats", "config", "--dir", directory, "--server", "nats://h", "--make-tls"];

  const { code, stderr } = await runCli(args, { PATH: directory });

  assert.equal(code, 69);
  assert.match(stderr, /^aldis: --make-tls needs the program openssl: install it.*\n$/);
});

test("names a server's certificate of one's own", async () => {
  const [cert, key] = [join(directory, "../cert.pem"), join(directory, "../key.pem")];
  await writeFile(cert, "c");
  await writeFile(key, "k");

  await config("--tls-cert", cert, "--tls-key", key);

  const text = await readFile(join(directory, "nats-server.conf"), "utf8");
  assert.ok(text.includes(`cert_file: ${JSON.stringify(cert)}`));
});

test("the bot's own credentials name the account, and no leaf node may use them", async () => {
  await config();

  const creds = await readFile(join(directory, "bot.creds"));
  const { jwt } = await parseCreds(creds);
  const { nats } = decode<User>(jwt);

  assert.match(nats.issuer_account ?? "", /^A[A-Z2-7]{55}$/);
  assert.deepEqual(nats.allowed_connection_types, ["STANDARD"]);
  assert.deepEqual({ pub: nats.pub, sub: nats.sub }, botPermissions());
});
