import assert from "node:assert/strict";
import { sql } from "drizzle-orm";
import { test } from "vitest";
import { listExecutions } from "../../../bot/dispatch/executions.ts";
import type { ExecutionState } from "../../../bot/store/schema.ts";
import type { ResultStatus } from "../../../relay/wire/messages.ts";
import { waitFor } from "../../support/wait.ts";
import { installTestBundle } from "../api/api-fixture.ts";
import { storedExecution } from "../api/stored-execution.ts";
import { type CliBot, runCli, startCli, startCliBot } from "./run-cli.ts";

async function startExec(bot: CliBot) {
  const cli = startCli(["exec", "!web:show"], bot.env);
  const found = await waitFor(async () => {
    const [newest] = await listExecutions(bot.store, bot.workspaceId, { onlyOpen: true, limit: 1 });
    return newest;
  });
  return { cli, execution: await storedExecution(bot, found.id) };
}

/** No relay has joined here: it says so, if it looks before the test has gone on. */
function besidesWaiting(stderr: string): string {
  return stderr.replaceAll(/^aldis: (waiting for|running on) .*\n/gm, "");
}

test("passes on stdout and stderr as bytes, and the exit code", async () => {
  const bot = await startCliBot();
  await installTestBundle(bot);
  const { cli, execution } = await startExec(bot);

  await execution.start();
  await execution.print("stdout", Buffer.from([0, 0xff, 0x0a]), "text é\n");
  await execution.print("stderr", "complaint\n");
  await execution.end("failed", 3);
  const { code, stdout, stderr } = await cli.result;

  assert.equal(code, 3);
  assert.deepEqual(stdout, Buffer.concat([Buffer.from([0, 0xff, 0x0a]), Buffer.from("text é\n")]));
  assert.equal(besidesWaiting(stderr), "complaint\n");
});

const ends: readonly (readonly [ResultStatus, number, RegExp])[] = [
  ["succeeded", 0, /^$/],
  ["timed-out", 72, /^aldis: ended after its time limit\n$/],
  ["cancelled", 130, /^aldis: cancelled\n$/],
  ["interrupted", 75, /^aldis: interrupted by the relay/],
];

test("ends with the exit code of how it ended", async () => {
  const bot = await startCliBot();
  await installTestBundle(bot);

  for (const [status, exitCode, words] of ends) {
    const { cli, execution } = await startExec(bot);
    await execution.start();
    await execution.end(status);
    const { code, stderr } = await cli.result;
    assert.equal(code, exitCode, status);
    assert.match(besidesWaiting(stderr), words, status);
  }
});

test("says so when no relay took it, or nobody knows", async () => {
  const bot = await startCliBot();
  await installTestBundle(bot);
  const set = (id: string, state: ExecutionState) =>
    bot.store.inWorkspace(bot.workspaceId, (db) =>
      db.execute(sql`update executions set state = ${state},
        ended_at = case when ${state} = 'expired' then now() end where id = ${id}`),
    );

  const first = await startExec(bot);
  await set(first.execution.id, "expired");
  const expired = await first.cli.result;
  const second = await startExec(bot);
  await second.execution.start();
  await set(second.execution.id, "unknown");
  const unknown = await second.cli.result;

  assert.equal(expired.code, 69);
  assert.match(expired.stderr, /not run/);
  assert.equal(unknown.code, 70);
  assert.match(unknown.stderr, /nobody knows/);
});

test("goes on after a broken connection: nothing twice, nothing lost", async () => {
  const bot = await startCliBot();
  await installTestBundle(bot);
  const { cli, execution } = await startExec(bot);
  await execution.start();

  for (let line = 1; line <= 5; line++) {
    await execution.print("stdout", `line ${line}\n`);
    const before = bot.connections();
    bot.cut();
    await waitFor(() => bot.connections() > before, { what: "another connection" });
  }
  await execution.end("succeeded");
  const { code, stdout } = await cli.result;

  assert.equal(code, 0);
  assert.equal(String(stdout), "line 1\nline 2\nline 3\nline 4\nline 5\n");
});

test("Ctrl-C cancels, and waits for the end that the relay confirms", async () => {
  const bot = await startCliBot();
  await installTestBundle(bot);
  const { cli, execution } = await startExec(bot);
  await execution.start();

  cli.interrupt();
  await waitFor(async () => {
    const { rows } = await bot.store.inWorkspace(bot.workspaceId, (db) =>
      db.execute(sql`select 1 from executions where cancel_requested_at is not null`),
    );
    return rows.length > 0;
  });
  await execution.print("stdout", "last words\n");
  await execution.end("cancelled");
  const { code, stdout, stderr } = await cli.result;

  assert.equal(code, 130);
  assert.equal(String(stdout), "last words\n");
  assert.match(stderr, /cancelled/);
});

const answers: readonly (readonly [text: string, code: number, stream: "out" | "err", RegExp])[] = [
  ["!whoami", 0, "out", /admin/],
  ["!web:deploy", 77, "err", /web:deploy: denied/],
  ["!nosuch", 64, "err", /there is no command/],
  ["!web:deploy --nosuch", 64, "err", /nosuch/],
  ["!cancel 000000000000", 1, "err", /no execution/],
];

test("an answer that is no execution says how it went by its exit code", async () => {
  const bot = await startCliBot();
  await installTestBundle(bot);

  for (const [text, exitCode, stream, words] of answers) {
    const { code, stdout, stderr } = await runCli(["exec", text], bot.env);
    assert.equal(code, exitCode, text);
    assert.match(stream === "out" ? String(stdout) : stderr, words, text);
    assert.equal(stream === "out" ? stderr : String(stdout), "", text);
  }
});
