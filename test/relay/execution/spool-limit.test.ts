import assert from "node:assert/strict";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "vitest";
import { SEGMENT_HEAD_BYTES } from "../../../relay/execution/spool-segment.ts";
import type { OutputHead } from "../../../relay/wire/messages.ts";
import { OutputDigest } from "../../../relay/wire/output-digest.ts";
import type { ScriptedBot } from "../../support/scripted-bot.ts";
import { specOf } from "../../support/scripted-bot.ts";
import { waitFor } from "../../support/wait.ts";
import { startedRelay } from "../relay-under-test.ts";

const MIB = 2 ** 20;
const LIMIT = { ALDIS_RELAY_SPOOL_LIMIT: "8Mi" };

/** So many letters as nobody could tell from others if some were missing in between. */
function printing(mib: number, more = "") {
  const { limits } = specOf([]);
  const script = `head -c ${mib * MIB} /dev/zero; ${more}`;
  return specOf(["sh", "-c", script], {
    limits: { ...limits, outputBytes: 1024 * MIB, timeoutMs: 120_000 },
  });
}

/** Bytes on the disk, without what stands at the beginning of each file. */
async function spooledBytes(directory: string): Promise<number> {
  const folder = join(directory, "spool");
  const names = await readdir(folder);
  const sizes = await Promise.all(
    names.map(async (name) => {
      const { size } = await stat(join(folder, name)).catch(() => ({ size: 0 }));
      return /\.\d+\.\d+$/.test(name) ? Math.max(0, size - SEGMENT_HEAD_BYTES) : size;
    }),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** Takes what comes, keeps no more than its digest, and looks at the relay's disk each time. */
function watchOutput(bot: ScriptedBot) {
  const seen = new Map<string, { length: number; stdout: number; digest: OutputDigest }>();
  function take(): void {
    for (const { head, bytes } of bot.pieces.splice(0).sort(byOffset)) {
      const of = seen.get(head.executionId) ?? { length: 0, stdout: 0, digest: new OutputDigest() };
      seen.set(head.executionId, of);
      if (head.offset < of.length) continue;
      assert.equal(head.offset, of.length, "nothing is missing");
      of.digest.update(bytes);
      of.length += bytes.length;
    }
  }
  const whole = (executionId: string) => {
    take();
    const of = seen.get(executionId);
    return { outputLength: of?.length, outputDigest: of?.digest.value() };
  };
  return { take, whole };
}

/** Keeps pieces as bots do: what is stored at an offset stays, and ends where it ends. */
function storing(bot: ScriptedBot, isSilent: (head: OutputHead) => boolean): void {
  const ends = storedEnds.get(bot) ?? new Map<string, number>();
  storedEnds.set(bot, ends);
  bot.script.output = (head) => {
    const place = `${head.executionId}/${head.offset}`;
    if (isSilent(head)) return "silent";
    const end = ends.get(place) ?? head.offset + head.length;
    ends.set(place, end);
    return end;
  };
}

const storedEnds = new WeakMap<ScriptedBot, Map<string, number>>();

function byOffset(a: { head: OutputHead }, b: { head: OutputHead }): number {
  return a.head.offset - b.head.offset;
}

function told({ outputLength, outputDigest }: { outputLength: number; outputDigest: string }) {
  return { outputLength, outputDigest };
}

describe("output that is more than the relay may keep", () => {
  test("passes through while bots confirm, and never takes more of the disk", async () => {
    const { bot, directory } = await startedRelay(LIMIT);
    const { take, whole } = watchOutput(bot);
    const spec = printing(64);
    const sizes: number[] = [];

    await bot.offer(spec);
    const result = await waitFor(
      async () => {
        take();
        sizes.push(await spooledBytes(directory()));
        return bot.resultOf(spec.executionId);
      },
      { timeoutMs: 60_000 },
    );

    assert.equal(result.status, "succeeded");
    assert.deepEqual(whole(spec.executionId), told(result));
    assert.ok(result.outputLength > 64 * MIB);
    assert.ok(Math.max(...sizes) <= 8 * MIB, `${Math.max(...sizes)}`);
    assert.ok(Math.max(...sizes) > 0);
  });

  test("makes the command wait while no bot is there, and loses nothing", async () => {
    const { bot, directory } = await startedRelay(LIMIT);
    const { whole } = watchOutput(bot);
    storing(bot, () => true);
    const spec = printing(20);
    await bot.offer(spec);

    await waitFor(async () => (await spooledBytes(directory())) > 6 * MIB - 128 * 1024);
    // Whatever the command could print by now has had the time.
    await Promise.all(Array.from({ length: 20 }, () => spooledBytes(directory())));
    const kept = await spooledBytes(directory());
    assert.ok(kept <= 8 * MIB, `${kept}`);
    assert.equal(bot.resultOf(spec.executionId), undefined);
    storing(bot, () => false);
    const result = await waitFor(() => bot.resultOf(spec.executionId), { timeoutMs: 60_000 });

    assert.equal(result.status, "succeeded");
    assert.deepEqual(whole(spec.executionId), told(result));
  });

  test("lets two take turns, and a small one through while a big one is stuck", async () => {
    const { bot, directory } = await startedRelay(LIMIT);
    const { whole } = watchOutput(bot);
    const [stuck, big, small] = [printing(20), printing(5), printing(0, "echo hello")];
    storing(bot, ({ executionId }) => executionId === stuck.executionId);
    await bot.offer(stuck);
    await waitFor(async () => (await spooledBytes(directory())) > 5 * MIB);

    await Promise.all([bot.offer(big), bot.offer(small)]);
    const second = await waitFor(() => bot.resultOf(big.executionId), { timeoutMs: 60_000 });
    const third = await waitFor(() => bot.resultOf(small.executionId));
    assert.equal(bot.resultOf(stuck.executionId), undefined);
    storing(bot, () => false);
    const first = await waitFor(() => bot.resultOf(stuck.executionId), { timeoutMs: 60_000 });

    for (const result of [first, second, third]) {
      assert.equal(result.status, "succeeded");
      assert.deepEqual(whole(result.executionId), told(result));
    }
  });

  test("is told whole after the relay was killed, although early files are gone", async () => {
    const relay = await startedRelay(LIMIT);
    const { bot } = relay;
    const { take, whole } = watchOutput(bot);
    const spec = printing(64, "sleep 60");
    let confirmed = 0;
    storing(bot, ({ offset, length }) => {
      if (confirmed > 30 * MIB && offset >= confirmed) return true;
      confirmed = Math.max(confirmed, offset + length);
      return false;
    });
    await bot.offer(spec);
    await waitFor(() => confirmed > 30 * MIB, { timeoutMs: 60_000 });
    await waitFor(async () => (await spooledBytes(relay.directory())) > 5 * MIB);
    await relay.crash();
    take();

    storing(bot, () => false);
    await relay.start(LIMIT);
    const result = await waitFor(() => bot.resultOf(spec.executionId), { timeoutMs: 60_000 });

    assert.equal(result.status, "interrupted");
    assert.ok(result.outputLength > confirmed);
    assert.deepEqual(whole(spec.executionId), told(result));
  });

  test("does not keep the relay from stopping", async () => {
    const { bot, relay, directory } = await startedRelay(LIMIT);
    bot.script.output = () => "silent";
    const spec = printing(20);
    await bot.offer(spec);
    await waitFor(async () => (await spooledBytes(directory())) > 5 * MIB);

    await relay.stop();

    assert.equal(bot.resultOf(spec.executionId), undefined);
  });
});
