import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished, test } from "vitest";
import { startSequencer } from "../../../bot/audit/sequencer.ts";
import { writeKeptHeads } from "../../../relay/agent/kept-heads-file.ts";
import { relayDirectory, saveIdentity } from "../../../relay/identity.ts";
import { createLogger } from "../../../relay/process/logger.ts";
import { packageRoot } from "../../../relay/process/package-root.ts";
import { signAuditHead } from "../../../relay/wire/audit-head.ts";
import { uuidv7 } from "../../../relay/wire/ids.ts";
import { startNode } from "../../support/processes.ts";
import { waitFor } from "../../support/wait.ts";
import { type CliBot, runCli, startCliBot } from "./run-cli.ts";

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "aldis-audit-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
}

/** A bot whose audit is linked as it goes. */
async function startSequencedBot(): Promise<CliBot & { head(): string }> {
  const bot = await startCliBot();
  const { store, key } = bot.deps.dispatch;
  const authority = bot.deps.authorityFingerprint;
  const log = createLogger({ level: "silent" });
  const sequencer = startSequencer({ store, key, authority, botId: "test", intervalMs: 10, log });
  onTestFinished(() => sequencer.stop());
  const head = () => sequencer.headOf(bot.workspaceId) ?? "";
  await waitFor(() => head() !== "");
  return { ...bot, head };
}

test("lists what was done, as a table and as JSON", async () => {
  const { env } = await startSequencedBot();

  const table = await runCli(["audit", "list", "--kind", "role.created", "--limit", "3"], env);
  const json = await runCli(["audit", "list", "--since", "1h", "--json"], env);
  const none = await runCli(["audit", "list", "--user", "nobody"], env);
  const wrong = await runCli(["audit", "list", "--since", "yesterday"], env);

  assert.equal(String(table.stdout).trimEnd().split("\n").length, 4);
  assert.match(String(table.stdout), /^AT +WHO +WHAT .*\n\d{4}-\S+Z .*role\.created role:/);
  const lines: { kind: string }[] = JSON.parse(String(json.stdout));
  assert.equal(lines[0]?.kind, "audit.read");
  assert.match(none.stderr, /nothing like that is on record/);
  assert.deepEqual([wrong.code, /2h for two hours ago/.test(wrong.stderr)], [64, true]);
});

test("exports, and verifies the live audit, the file and what a relay has kept", async () => {
  const bot = await startSequencedBot();
  const folder = await temporaryFolder();
  const file = join(folder, "audit.ndjson");
  const heads = join(folder, "heads.json");
  await writeFile(heads, JSON.stringify({ relay: "edge-1", heads: [{ jws: bot.head() }] }));
  const { authorityFingerprint } = bot.deps;

  const live = await runCli(["audit", "verify"], bot.env);
  const exported = await runCli(["audit", "export"], bot.env);
  await writeFile(file, exported.stdout);
  const args = ["audit", "verify", file, "--head", heads, "--authority", authorityFingerprint];
  const whole = await runCli(args);
  const json = await runCli([...args, "--json"]);

  assert.deepEqual([live.code, exported.code, whole.code], [0, 0, 0]);
  assert.match(String(live.stdout), /^whole: \d+ events, numbers 1 to \d+, /);
  assert.match(live.stderr, /--authority/);
  assert.match(String(whole.stdout), /\n1 heads kept elsewhere hold\n$/);
  assert.equal(whole.stderr, "");
  assert.equal(JSON.parse(String(json.stdout)).whole, true);
});

test("follows what happens", async () => {
  const { env } = await startSequencedBot();
  const program = join(packageRoot(), "bot/cli/aldis.ts");
  const kind = ["--kind", "audit.read"];
  const follow = startNode([program, "audit", "follow", ...kind], { env });
  await follow.waitForLine(/audit\.read/, 45_000);

  await runCli(["audit", "list", "--text", "needle"], env);
  await runCli(["audit", "export"], env);
  await runCli(["audit", "list", "--kind", "audit.read"], env);

  await waitFor(() => follow.stdout.length === 3, { timeoutMs: 20_000 });
  assert.match(follow.stdout[2] ?? "", /^\S+Z {2}admin {2}audit\.read {2}api {2}[0-9a-f-]{36}$/);
  follow.kill();
});

test("prints what a relay keeps, and takes it as a proof", async () => {
  const bot = await startSequencedBot();
  const dataDirectory = await temporaryFolder();
  const file = join(dataDirectory, "heads.json");
  await keepHeads(bot, dataDirectory, 1_000_000);
  const env = { ALDIS_DATA_DIR: dataDirectory };

  const table = await runCli(["relay", "head"], env);
  const json = await runCli(["relay", "head", "--json"], env);
  await writeFile(file, json.stdout);
  const verified = await runCli(["audit", "verify", "--head", file], bot.env);
  const stranger = await runCli(["relay", "head"], { ALDIS_DATA_DIR: "/nonexistent" });

  assert.match(String(table.stdout), /^WORKSPACE +NUMBER +SIGNED +HASH\n.* 1000000 /);
  assert.equal(verified.code, 1);
  assert.match(String(verified.stdout), /chain ends at \d+, relay edge-1 has kept head 1000000/);
  assert.deepEqual([stranger.code, /has not joined/.test(stranger.stderr)], [78, true]);
});

/** A relay's folder with a head that the bot has signed and the chain has lost. */
async function keepHeads(bot: CliBot, dataDirectory: string, number: number): Promise<void> {
  const directory = relayDirectory(dataDirectory);
  const workspace = bot.workspaceId;
  const head = { workspace, number, hash: "0".repeat(64), at: new Date().toISOString() };
  const jws = await signAuditHead(bot.deps.dispatch.key, head);
  const authority = bot.deps.authorityFingerprint;
  const identity = { version: 1, relayId: uuidv7(), name: "edge-1", tags: {}, authority } as const;
  await saveIdentity(directory, identity);
  const chains = { [workspace]: { newest: { ...head, jws }, earlier: [], conflicts: [] } };
  await writeKeptHeads(directory, { version: 1, chains });
}

test("names the first event of a file that does not hold, and exits 1", async () => {
  const bot = await startSequencedBot();
  const file = join(await temporaryFolder(), "audit.ndjson");
  const exported = String((await runCli(["audit", "export"], bot.env)).stdout);
  const lines = exported.split("\n");
  const changed = lines.with(3, lines[3]?.replace("role.created", "role.removed") ?? "");
  await writeFile(file, changed.join("\n"));

  const { code, stdout } = await runCli(["audit", "verify", file]);
  const noFile = await runCli(["audit", "verify", "/nonexistent"]);
  await writeFile(file, "nonsense\n");
  const nonsense = await runCli(["audit", "verify", file]);

  assert.notDeepEqual(changed, lines);
  assert.equal(code, 1);
  assert.match(String(stdout), /^NOT WHOLE: altered at number 3 \(event [0-9a-f-]{36}, \S+Z\): /);
  assert.deepEqual([noFile.code, nonsense.code], [66, 65]);
  assert.match(nonsense.stderr, /is no audit export/);
});

test("erases a detail, and shows the event as erased", async () => {
  const { env } = await startSequencedBot();
  const list = ["audit", "list", "--kind", "role.created", "--limit", "1", "--json"];
  const [line]: { id: string }[] = JSON.parse(String((await runCli(list, env)).stdout));
  assert.ok(line);

  const unreasoned = await runCli(["audit", "erase", line.id], env);
  const erased = await runCli(["audit", "erase", line.id, "--reason", "a name"], env);
  const [after] = JSON.parse(String((await runCli(list, env)).stdout));

  assert.equal(unreasoned.code, 64);
  assert.deepEqual([erased.code, after.isErased, after.detail], [0, true, null]);
});
