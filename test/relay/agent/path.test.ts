import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { test } from "vitest";
import { specOf } from "../../support/scripted-bot.ts";
import { waitFor } from "../../support/wait.ts";
import { startedRelay } from "../relay-under-test.ts";

test("runs what it was offered and permitted, and hands over output and result", async () => {
  const { bot, directory } = await startedRelay();
  const spec = specOf(["sh", "-c", "echo out; echo err >&2; exit 3"]);

  const answer = await bot.offer(spec);
  const result = await waitFor(() => bot.resultOf(spec.executionId));

  assert.equal(answer.refusal, undefined);
  assert.equal(result.status, "failed");
  assert.equal(result.exitCode, 3);
  assert.equal(result.epoch, bot.epoch());
  const output = bot.output(spec.executionId);
  assert.deepEqual([output.stdout, output.stderr], ["out\n", "err\n"]);
  assert.deepEqual([output.length, output.digest], [result.outputLength, result.outputDigest]);
  await waitFor(async () => (await readdir(join(directory(), "spool"))).length === 0);
});
