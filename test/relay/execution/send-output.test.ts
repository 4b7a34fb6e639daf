import assert from "node:assert/strict";
import { test } from "vitest";
import { MAX_AHEAD_BYTES, MAX_PIECE_BYTES } from "../../../relay/execution/send-output.ts";
import { MAX_FRAME_BYTES } from "../../../relay/wire/frames.ts";
import { specOf } from "../../support/scripted-bot.ts";
import { waitFor } from "../../support/wait.ts";
import { startedRelay } from "../relay-under-test.ts";

test("sends no further ahead than a bot has committed, and all of it in the end", async () => {
  const { bot } = await startedRelay();
  const ends = new Set<number>();
  let isHeld = true;
  let held: number | undefined;
  bot.script.output = ({ offset, length }) => {
    assert.ok(length <= MAX_PIECE_BYTES);
    ends.add(offset + length);
    // Nothing overtakes a piece that is not full; one that nothing has overtaken was not.
    if (offset === held && Math.max(...ends) === offset + length) held = undefined;
    else if (length > MAX_PIECE_BYTES - MAX_FRAME_BYTES && offset > 200_000) held ??= offset;
    return isHeld && offset === held ? "silent" : offset + length;
  };
  const spec = specOf(["head", "-c", "5000000", "/dev/zero"]);
  await bot.offer(spec);

  const nearlyAll = MAX_AHEAD_BYTES - 2 * MAX_PIECE_BYTES;
  await waitFor(() => held !== undefined && Math.max(...ends) - held > nearlyAll);
  const furthest = Math.max(...ends) - (held ?? 0);
  isHeld = false;
  const result = await waitFor(() => bot.resultOf(spec.executionId));

  assert.ok(furthest <= MAX_AHEAD_BYTES, `${furthest}`);
  const output = bot.output(spec.executionId);
  assert.equal(output.stdout.length, 5_000_000);
  assert.equal(output.digest, result.outputDigest);
});

test("shows the first line while the command still runs", async () => {
  const { bot } = await startedRelay();
  const spec = specOf(["sh", "-c", "echo first; exec sleep 30"]);

  await bot.offer(spec);
  await waitFor(() => bot.output(spec.executionId).stdout === "first\n");

  assert.deepEqual(bot.results, []);
});

test("cuts output over the limit with a mark, and lets the command finish", async () => {
  const { bot } = await startedRelay();
  const spec = specOf(["sh", "-c", "head -c 300000 /dev/zero; exit 4"]);

  await bot.offer({ ...spec, limits: { ...spec.limits, outputBytes: 100_000 } });
  const result = await waitFor(() => bot.resultOf(spec.executionId));

  const output = bot.output(spec.executionId);
  assert.deepEqual([result.exitCode, result.outputCut], [4, true]);
  assert.equal(output.stdout.length, 100_000);
  assert.equal(output.stderr, "\n… output cut at 100000 bytes\n");
  assert.equal(output.digest, result.outputDigest);
});

test("goes on, after a crash, where the bot says that the stored output ends", async () => {
  const relay = await startedRelay();
  const { bot } = relay;
  const stored = new Map<number, number>();
  let mayStore = 1;
  bot.script.output = ({ offset, length }) => {
    const end = stored.get(offset);
    if (end !== undefined) return end;
    if (mayStore-- <= 0) return "silent";
    stored.set(offset, offset + length);
    return offset + length;
  };
  const spec = specOf(["sh", "-c", "echo one; read x < /dev/null; sleep 0.1; echo two; sleep 30"]);
  await bot.offer(spec);
  await waitFor(() => bot.output(spec.executionId).stdout === "one\n");
  const [first] = bot.pieces;
  await waitFor(() => mayStore < 0);
  await relay.crash();
  bot.pieces.length = 0;

  await relay.start();
  mayStore = 100;
  const result = await waitFor(() => bot.resultOf(spec.executionId));

  // A receipt for the life before may cross the announcement: then a piece comes twice.
  const again = new Map(bot.pieces.map(({ head }) => [head.offset, head.length]));
  const one = first?.head.length ?? 0;
  assert.deepEqual(
    [...again],
    [
      [0, result.outputLength],
      [one, result.outputLength - one],
    ],
  );
  assert.deepEqual(
    [...stored],
    [
      [0, one],
      [one, result.outputLength],
    ],
  );
});

test("many at once lose nothing and mix nothing up", async () => {
  const { bot } = await startedRelay({ ALDIS_RELAY_CAPACITY: "20" });
  const specs = Array.from({ length: 12 }, (_, index) =>
    specOf(["sh", "-c", `for i in $(seq 1 2000); do echo ${index}:$i; done`]),
  );

  await Promise.all(specs.map((spec) => bot.offer(spec)));
  await waitFor(() => specs.every((spec) => bot.resultOf(spec.executionId)), { timeoutMs: 15_000 });

  for (const [index, spec] of specs.entries()) {
    const output = bot.output(spec.executionId);
    assert.equal(output.digest, bot.resultOf(spec.executionId)?.outputDigest);
    assert.match(output.stdout, new RegExp(`^${index}:1\n`));
    assert.equal(output.stdout.split("\n").length, 2001);
  }
});
