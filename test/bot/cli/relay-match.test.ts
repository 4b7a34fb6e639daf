import assert from "node:assert/strict";
import { afterAll, beforeAll, test } from "vitest";
import { issueToken } from "../../../bot/access/tokens.ts";
import { startTestBot, type TestBot } from "../../support/bot.ts";
import { waitFor } from "../../support/wait.ts";
import { runCli, startCli } from "./run-cli.ts";

const WEB = `
aldis_bundle_version: 1
name: web
version: 1.0.0
description: A web site.
relay: { selector: { tags: { role: web }, preferred: { zone: a } } }
commands:
  show:
    description: Shows.
    executable: [/bin/echo]
    native: true
    rules: [allow]
  late:
    description: Shows, where it is late.
    executable: [/bin/echo]
    native: true
    rules: [allow]
    queue_timeout: 1s
    relay: { selector: { tags: { env: test } } }
`;

let bot: TestBot;
let env: Record<string, string>;

beforeAll(async () => {
  bot = await startTestBot();
  await bot.install(WEB);
  const { rows } = await bot.store.inWorkspace(bot.workspaceId, (db) =>
    db.execute<{ id: string }>("select id from users where name = 'admin'"),
  );
  const token = await issueToken(bot.store, bot.workspaceId, rows[0]?.id ?? "", "test");
  env = { ALDIS_URL: bot.apiAddress, ALDIS_TOKEN: token };
});

afterAll(() => bot.close());

async function run(...args: string[]) {
  const { code, stdout, stderr } = await runCli(args, env);
  return { code, stdout: String(stdout), stderr };
}

test("without any relay nothing matches", async () => {
  const { code, stderr } = await run("relay", "match", "role=web");

  assert.equal(code, 69);
  assert.match(stderr, /^no relay has joined; aldis relay enrol/);
});

test("exec says why it waits, again when that changes, and when it goes on", async () => {
  const exec = startCli(["exec", "!web:show hello"], env);
  await waitFor(() => exec.noted().includes("no relay has joined"));
  await bot.relay("db-1", { tags: { role: "db" } });
  await waitFor(() => exec.noted().includes("there is no relay"));
  await bot.relay("web-1", { tags: { role: "web", zone: "b" }, runsEverything: true });
  const { code, stdout, stderr } = await exec.result;

  assert.equal(code, 0);
  assert.equal(String(stdout), "hello\n");
  const lines = stderr.split("\n");
  assert.deepEqual(lines.slice(0, 2), [
    "aldis: waiting for a relay: no relay has joined",
    "aldis: waiting for a relay: there is no relay with role=web",
  ]);
  assert.deepEqual(lines.slice(-2), ["aldis: running on web-1", ""]);
  assert.equal(new Set(lines).size, lines.length, "nothing is said twice");
});

test("exec ends with 69 and the reason, if no relay takes it in time", async () => {
  const { code, stderr } = await run("exec", "!web:late");

  assert.equal(code, 69);
  assert.equal(
    stderr,
    [
      "aldis: waiting for a relay: there is no relay with env=test,role=web\n",
      "aldis: not run: there is no relay with env=test,role=web\n",
    ].join(""),
  );
});

test("match shows who could take it, best first, and why the others cannot", async () => {
  await bot.relay("web-2", { tags: { role: "web", zone: "a" } });

  const command = await run("relay", "match", "--command", "web:show");
  const none = await run("relay", "match", "role=web,zone=c");
  const json = await run("relay", "match", "zone=a", "--json");

  assert.deepEqual(command, {
    code: 0,
    stdout: [
      "RELAY  TAKES IT  WHY\n",
      "web-2  yes       1 of 1 preferred, 0 of 8 running\n",
      "web-1  yes       0 of 1 preferred, 0 of 8 running\n",
      "db-1   no        has role=db, and role=web is asked for\n",
    ].join(""),
    stderr: "",
  });
  assert.equal(none.code, 69);
  assert.match(none.stdout, /^web-1 +no +has zone=b, and zone=c is asked for$/m);
  assert.equal(json.code, 0);
  const { relays } = JSON.parse(json.stdout);
  assert.deepEqual(
    [relays[0].name, relays[0].takes, relays[1].reasons[0].kind],
    ["web-2", true, "tag"],
  );
});

test("match says in one line what is wrong with the question", async () => {
  const broken = await run("relay", "match", "role=web drained");
  const nothing = await run("relay", "match");

  assert.deepEqual(
    [broken.code, broken.stderr],
    [65, "aldis: the selector is not valid at character 10: a comma is missing here\n"],
  );
  assert.deepEqual(
    [nothing.code, nothing.stderr],
    [64, "aldis: write a selector, as 'region=eu', or --command bundle:command\n"],
  );
});

test("a policy is set, seen in what matches, shown and cleared", async () => {
  const set = await run("relay", "policy", "set", "zone=b");
  const again = await run("relay", "policy", "set", "zone=b");
  const match = await run("relay", "match", "--command", "web:show");
  const shown = await run("relay", "policy", "show");
  const cleared = await run("relay", "policy", "clear");
  const none = await run("relay", "policy", "show");

  assert.equal(set.stdout, "relays that take anything must match zone=b; 1 of 3 do\n");
  assert.match(again.stdout, /already$/m);
  assert.match(match.stdout, /^web-1 +yes/m);
  assert.match(match.stdout, /^web-2 +no +is excluded by the workspace's policy: has zone=a, and/m);
  assert.equal(match.stderr, "the workspace's policy asks for zone=b as well\n");
  assert.match(shown.stdout, /^\(all\) +zone=b +admin +\d{4}-/m);
  assert.equal(cleared.stdout, "relays that take anything are asked for nothing besides\n");
  assert.match(none.stderr, /^there is no policy/);
});

test("a policy that no relay matches is pointed out, and is one bundle's alone", async () => {
  const { code, stdout, stderr } = await run(
    "relay",
    "policy",
    "set",
    "env=test",
    "--bundle",
    "web",
  );
  const exec = await run("exec", "!web:late");
  const cleared = await run("relay", "policy", "clear", "--bundle", "web");

  assert.deepEqual(
    [code, stdout, stderr],
    [
      0,
      "relays that take web:… must match env=test; 0 of 3 do\n",
      "no relay does: whatever is under it will wait\n",
    ],
  );
  assert.equal(exec.code, 69);
  assert.equal(cleared.stdout, "relays that take web:… are asked for nothing besides\n");
});
