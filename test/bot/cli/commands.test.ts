import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished, test } from "vitest";
import { relays } from "../../../bot/store/schema.ts";
import { uuidv7 } from "../../../relay/wire/ids.ts";
import { parseJoinToken } from "../../../relay/wire/join-token.ts";
import { vouchForAll } from "../../support/enrolled.ts";
import { BUNDLE } from "../api/api-fixture.ts";
import { runCli, startCliBot } from "./run-cli.ts";

async function temporaryFile(name: string, text: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "aldis-cli-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = join(folder, name);
  await writeFile(file, text);
  return file;
}

test("installs, enables, lists and shows a bundle", async () => {
  const { env } = await startCliBot();
  const file = await temporaryFile("web.yaml", BUNDLE);

  const install = await runCli(["bundle", "install", file, "--enable"], env);
  const again = await runCli(["bundle", "install", file], env);
  const list = await runCli(["bundle", "list"], env);
  const json = await runCli(["bundle", "list", "--json"], env);
  const info = await runCli(["bundle", "info", "web"], env);

  assert.deepEqual(
    [install.code, String(install.stdout)],
    [0, "web 1.0.0 installed\nweb 1.0.0 enabled\n"],
  );
  assert.match(String(again.stdout), /was installed already/);
  assert.match(String(list.stdout), /^BUNDLE +VERSION +STATE +INSTALLED\nweb +1\.0\.0 +enabled /);
  assert.equal(JSON.parse(String(json.stdout))[0].name, "web");
  assert.match(String(info.stdout), /rule: must have web:deploy/);
});

test("says all that is wrong with a bundle, and goes on with the next", async () => {
  const { env } = await startCliBot();
  const good = await temporaryFile("good.yaml", BUNDLE);
  const bad = await temporaryFile("bad.yaml", BUNDLE.replace("rules:", "ruels:"));

  const { code, stdout, stderr } = await runCli(["bundle", "install", bad, good], env);

  assert.equal(code, 65);
  assert.match(stderr, /bad\.yaml:\d+:\d+: .*ruels/);
  assert.equal(String(stdout), "web 1.0.0 installed\n");
});

test("lints without a bot", async () => {
  const good = await temporaryFile("good.yaml", BUNDLE);
  const bad = await temporaryFile("bad.yaml", BUNDLE.replace("1.0.0", "one"));

  const valid = await runCli(["bundle", "lint", good]);
  const invalid = await runCli(["bundle", "lint", bad, good]);
  const missing = await runCli(["bundle", "lint", "/nonexistent/web.yaml"]);

  assert.equal(valid.code, 0);
  assert.match(String(valid.stdout), /web 1\.0\.0 is valid/);
  assert.equal(invalid.code, 65);
  assert.match(String(invalid.stdout), /bad\.yaml:\d+:\d+: version/);
  assert.equal(missing.code, 66);
});

test("invites a relay: the token alone on stdout", async () => {
  const { env } = await startCliBot();

  const enrol = await runCli(
    ["relay", "enrol", "--name", "edge", "--tags", "region=eu,role=web"],
    env,
  );
  const wrong = await runCli(["relay", "enrol", "--name", "edge", "--tags", "region"], env);
  const list = await runCli(["relay", "list"], env);

  assert.ok(parseJoinToken(String(enrol.stdout).trim()));
  assert.equal(wrong.code, 64);
  assert.match(wrong.stderr, /region=eu,role=web/);
  assert.equal(list.code, 0);
  assert.match(list.stderr, /no relay has joined/);
});

test("says who one is, and what runs", async () => {
  const { env, admin } = await startCliBot();

  const who = await runCli(["whoami"], env);
  const json = await runCli(["whoami", "--json"], env);
  const ps = await runCli(["ps", "--json"], env);
  const list = await runCli(["execution", "list", "--all"], env);

  assert.match(String(who.stdout), /^user: +admin$/m);
  assert.equal(JSON.parse(String(json.stdout)).userId, admin.userId);
  assert.equal(String(ps.stdout), "[]\n");
  assert.match(list.stderr, /nothing has run yet/);
});

test("explains the configuration, secrets masked", async () => {
  const env = { ALDIS_DATABASE_URL: "postgres://aldis:hidden@db/aldis", ALDIS_URL: "http://x" };

  const { code, stdout, stderr } = await runCli(["config", "explain"], env);

  assert.equal(code, 0);
  assert.match(String(stdout), /database\.url +postgres:\/\/aldis:•••@db\/aldis +environment/);
  assert.ok(!String(stdout).includes("hidden"));
  assert.equal(stderr, "");
});

test("suspends, resumes and removes a relay by its name", async () => {
  const { env, store, workspaceId, deps } = await startCliBot();
  const key = { kty: "OKP", crv: "Ed25519", x: "A".repeat(43) } as const;
  await store.inWorkspace(workspaceId, (db) =>
    db.insert(relays).values({
      workspaceId,
      id: uuidv7(),
      name: "edge",
      hostname: "host",
      tags: {},
      signingKey: key,
      sealingKey: { ...key, crv: "X25519" },
    }),
  );
  await vouchForAll(deps.dispatch, workspaceId);
  await deps.dispatch.registry.refresh();
  const run = (action: string, name = "edge") => runCli(["relay", action, name], env);

  const suspended = await run("suspend");
  const again = await run("suspend");
  const listed = await runCli(["relay", "list"], env);
  const resumed = await run("resume");
  const removed = await run("remove");
  const gone = await run("resume");
  const misspelt = await run("remove", "egde");

  const said = [suspended, again, resumed, removed].map(({ stdout }) => String(stdout));
  assert.deepEqual(said, [
    "edge is suspended\n",
    "edge is suspended already\n",
    "edge is active\n",
    "edge is removed\n",
  ]);
  assert.match(String(listed.stdout), /edge +suspended/);
  assert.equal(
    removed.stderr,
    "the NATS server still lets edge connect, and nothing that it says is heard\n",
  );
  assert.deepEqual([gone.code, gone.stderr], [1, "aldis: there is no relay edge\n"]);
  assert.equal(misspelt.code, 1);
});
