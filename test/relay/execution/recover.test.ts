import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "vitest";
import { isGroupAlive } from "../../../relay/runtime/native-process.ts";
import { specOf } from "../../support/scripted-bot.ts";
import { waitFor } from "../../support/wait.ts";
import { startedRelay } from "../relay-under-test.ts";

test("a command that ran when the relay crashed is ended and told as interrupted, with its output", async () => {
  const relay = await startedRelay();
  const { bot } = relay;
  const spec = specOf(["sh", "-c", "echo $$; exec sleep 30"]);
  await bot.offer(spec);
  const pid = Number(await waitFor(() => bot.output(spec.executionId).stdout.trim()));
  const before = bot.epoch();
  await relay.crash();
  assert.ok(isGroupAlive(pid));

  await relay.start();
  const result = await waitFor(() => bot.resultOf(spec.executionId));

  assert.equal(result.status, "interrupted");
  assert.equal(result.reason, "the relay restarted while it ran");
  assert.equal(result.epoch, before);
  assert.equal(bot.output(spec.executionId).digest, result.outputDigest);
  assert.equal(isGroupAlive(pid), false);
  assert.equal(bot.claims.length, 1);
});

test("a result that nobody has confirmed is sent again, the very same", async () => {
  const relay = await startedRelay();
  const { bot } = relay;
  bot.script.result = () => "silent";
  const spec = specOf(["echo", "kept"]);
  await bot.offer(spec);
  const first = await waitFor(() => bot.resultOf(spec.executionId));
  await relay.crash();
  bot.results.length = 0;
  bot.script.result = () => "receipt";

  await relay.start();
  const again = await waitFor(() => bot.resultOf(spec.executionId));

  assert.deepEqual(again, first);
  assert.equal(bot.output(spec.executionId).stdout, "kept\n");
  await waitFor(async () => (await readdir(join(relay.directory(), "spool"))).length === 0);
});

test("output that nobody has confirmed is sent again", async () => {
  const relay = await startedRelay();
  const { bot } = relay;
  bot.script.output = () => "silent";
  const spec = specOf(["echo", "kept"]);
  await bot.offer(spec);
  await waitFor(async () => /finished/.test(await journalOf(relay.directory())));
  await relay.crash();
  assert.deepEqual(bot.pieces, []);
  bot.script.output = (head) => head.offset + head.length;

  await relay.start();
  const result = await waitFor(() => bot.resultOf(spec.executionId));

  assert.equal(result.status, "succeeded");
  assert.equal(bot.output(spec.executionId).digest, result.outputDigest);
});

test("a claim without a permit on disk has certainly not begun, and says so", async () => {
  const relay = await startedRelay();
  const { bot } = relay;
  bot.script.claim = () => "silent";
  const spec = specOf(["echo", "never"]);
  await bot.offer(spec);
  await waitFor(async () => /claimed/.test(await journalOf(relay.directory())));
  const before = bot.epoch();
  await relay.crash();

  await relay.start();
  const result = await waitFor(() => bot.resultOf(spec.executionId));

  assert.equal(result.status, "not-begun");
  assert.equal(result.epoch, before);
  assert.equal(result.outputLength, 0);
});

test("what is settled is forgotten", async () => {
  const relay = await startedRelay();
  const { bot } = relay;
  const spec = specOf(["true"]);
  await bot.offer(spec);
  await waitFor(async () => /settled/.test(await journalOf(relay.directory())));
  await relay.crash();
  bot.results.length = 0;

  await relay.start();

  assert.equal(await journalOf(relay.directory()), "");
  assert.deepEqual(bot.results, []);
});

test("an attempt that is being recovered is not started by an offer of it", async () => {
  const relay = await startedRelay();
  const { bot } = relay;
  bot.script.result = () => "silent";
  const spec = specOf(["echo", "once"]);
  await bot.offer(spec);
  await waitFor(() => bot.resultOf(spec.executionId));
  await relay.crash();
  await relay.start();

  const answer = await bot.offer(spec);

  assert.equal(answer.refusal, undefined);
  assert.equal(bot.claims.length, 1);
});

function journalOf(directory: string): Promise<string> {
  return readFile(join(directory, "journal"), "utf8");
}
