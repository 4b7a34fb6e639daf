import assert from "node:assert/strict";
import { describe, test } from "vitest";
import { z } from "zod";
import { keepHead } from "../../../relay/agent/kept-heads.ts";
import { allHeads, type KeptHead, readKeptHeads } from "../../../relay/agent/kept-heads-file.ts";
import { describeHeads } from "../../../relay/agent/show-heads.ts";
import { type AuditHead, signAuditHead } from "../../../relay/wire/audit-head.ts";
import { fromBot, signAsBot } from "../../../relay/wire/envelope.ts";
import { uuidv7 } from "../../../relay/wire/ids.ts";
import type { Receipt } from "../../../relay/wire/messages.ts";
import { newKey, specOf } from "../../support/scripted-bot.ts";
import { waitFor } from "../../support/wait.ts";
import { type RelayUnderTest, startedRelay } from "../relay-under-test.ts";

const WORKSPACE = uuidv7();

function headOf(number: number, hash = "a", at = "2026-05-06T10:00:00.000Z"): KeptHead {
  return { workspace: WORKSPACE, number, hash: hash.repeat(64), at, jws: `${number}${hash}` };
}

/** Lets the bot's receipts carry this from now on, and runs something, so that there are some. */
async function sendHead(
  { bot }: RelayUnderTest,
  head: Pick<AuditHead, "number" | "hash">,
  key = bot.key,
): Promise<void> {
  const at = new Date().toISOString();
  const jws = await signAuditHead(key, { workspace: WORKSPACE, at, ...head });
  bot.script.forge = (typ, body) =>
    typ === fromBot.receipt.typ
      ? signAsBot<Receipt>(bot.key, fromBot.receipt, bot.addressing(), {
          ...ReceiptBody.parse(body),
          head: jws,
        })
      : undefined;
  const spec = specOf(["true"]);
  await bot.offer(spec);
  await waitFor(() => bot.resultOf(spec.executionId));
}

const ReceiptBody = z.object({
  executionId: z.uuid(),
  attempt: z.int(),
  of: z.enum(["output", "result"]),
  offset: z.int().optional(),
});

async function kept(relay: RelayUnderTest): Promise<[number, string][]> {
  const heads = allHeads(await readKeptHeads(relay.directory()));
  return heads.map(({ number, hash }) => [number, hash.slice(0, 1)]);
}

describe("a relay", () => {
  test("keeps the highest head that came with a receipt, also over a crash", async () => {
    const relay = await startedRelay();

    await sendHead(relay, { number: 7, hash: "a".repeat(64) });
    await waitFor(async () => (await kept(relay)).length === 1);
    await sendHead(relay, { number: 5, hash: "b".repeat(64) });
    await sendHead(relay, { number: 9, hash: "c".repeat(64) });
    await waitFor(async () => (await kept(relay))[0]?.[0] === 9);
    await relay.crash();

    assert.deepEqual(await kept(relay), [[9, "c"]]);
  });

  test("keeps both heads of one number and says that the chain has been rewritten", async () => {
    const relay = await startedRelay();

    await sendHead(relay, { number: 7, hash: "a".repeat(64) });
    await waitFor(async () => (await kept(relay)).length === 1);
    await sendHead(relay, { number: 7, hash: "b".repeat(64) });
    await waitFor(async () => (await kept(relay)).length === 2);

    assert.deepEqual(await kept(relay), [
      [7, "a"],
      [7, "b"],
    ]);
    assert.match(relay.logged(), /"level":"error".*the audit chain has been rewritten/);
  });

  test("takes no head that no listed bot has signed, and settles its result all the same", async () => {
    const relay = await startedRelay();

    await sendHead(relay, { number: 7, hash: "a".repeat(64) }, newKey());
    await waitFor(() => /audit head refused/.test(relay.logged()));
    await sendHead(relay, { number: 3, hash: "c".repeat(64) });
    await waitFor(async () => (await kept(relay)).length === 1);

    assert.deepEqual(await kept(relay), [[3, "c"]]);
    assert.deepEqual(relay.refusals(), []);
  });

  test("shows what it keeps without being started", async () => {
    const relay = await startedRelay();
    const none = await describeHeads(relay.directory(), "edge-1", {});
    await sendHead(relay, { number: 7, hash: "a".repeat(64) });
    await waitFor(async () => (await kept(relay)).length === 1);

    const table = await describeHeads(relay.directory(), "edge-1", {});
    const json = JSON.parse(await describeHeads(relay.directory(), "edge-1", { json: true }));

    assert.match(none, /^no head/);
    assert.match(table, new RegExp(`^WORKSPACE .*\n${WORKSPACE}  7 .*  a{64}\n$`));
    assert.deepEqual([json.relay, json.heads[0].number], ["edge-1", 7]);
  });
});

describe("what is kept", () => {
  const first = keepHead(undefined, headOf(5));

  test("stays as it is for the same head and for one of a bot that is behind", () => {
    assert.equal(keepHead(first, headOf(5)), first);
    assert.equal(keepHead(first, headOf(4, "b")), first);
  });

  test("holds the last head of each day, so that a later rewriting contradicts one", () => {
    const nextDay = keepHead(first, headOf(9, "a", "2026-05-07T09:00:00.000Z"));
    const later = keepHead(nextDay, headOf(12, "a", "2026-05-07T10:00:00.000Z"));

    const rewritten = keepHead(later, headOf(5, "b"));

    assert.deepEqual(
      later.earlier.map(({ number }) => number),
      [5],
    );
    assert.deepEqual(
      rewritten.conflicts.map(({ number, hash }) => [number, hash[0]]),
      [[5, "b"]],
    );
    assert.equal(keepHead(rewritten, headOf(5, "b")), rewritten);
  });
});
