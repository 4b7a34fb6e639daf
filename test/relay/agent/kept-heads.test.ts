import assert from "node:assert/strict";
import { describe, test } from "vitest";
import { z } from "zod";
import { keepHead } from "../../../relay/agent/kept-heads.ts";
import {
  allHeads,
  type KeptChain,
  type KeptHead,
  readKeptHeads,
} from "../../../relay/agent/kept-heads-file.ts";
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
  receipts: z.array(
    z.object({
      executionId: z.uuid(),
      attempt: z.int(),
      of: z.enum(["output", "result"]),
      offset: z.int().optional(),
    }),
  ),
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

    assert.deepEqual(await kept(relay), [
      [9, "c"],
      [7, "a"],
    ]);
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

  test("says when a head is farther ahead than a chain can grow, and goes on from the others", async () => {
    const relay = await startedRelay();

    await sendHead(relay, { number: 7, hash: "a".repeat(64) });
    await waitFor(async () => (await kept(relay)).length === 1);
    await sendHead(relay, { number: Number.MAX_SAFE_INTEGER, hash: "b".repeat(64) });
    await waitFor(async () => (await kept(relay)).length === 2);
    await sendHead(relay, { number: 8, hash: "c".repeat(64) });
    await waitFor(async () => (await kept(relay))[0]?.[0] === 8);

    assert.match(relay.logged(), /"level":"error".*farther ahead than a chain can grow/);
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

const NOW = Date.parse("2026-05-08T00:00:00.000Z");
const keep = (chain: KeptChain | undefined, head: KeptHead) => keepHead(chain, head, NOW);

describe("what is kept", () => {
  const first = keep(undefined, headOf(5));

  test("stays as it is for the same head and for one of a bot that is behind", () => {
    assert.equal(keep(first, headOf(5)), first);
    assert.equal(keep(first, headOf(4, "b")), first);
  });

  test("holds earlier heads, so that a later rewriting contradicts one", () => {
    const later = keep(first, headOf(9, "a", "2026-05-07T09:00:00.000Z"));

    const rewritten = keep(later, headOf(5, "b"));

    assert.deepEqual(
      rewritten.conflicts.map(({ number, hash }) => [number, hash[0]]),
      [[5, "b"]],
    );
    assert.equal(keep(rewritten, headOf(5, "b")), rewritten);
  });

  test("holds the head before the newest also where both are of one second", () => {
    const grown = keep(first, headOf(6, "b"));

    assert.deepEqual(
      grown.earlier.map(({ number, hash }) => [number, hash[0]]),
      [[5, "a"]],
    );
  });

  test("thins out with age: minutes, then hours, then days", () => {
    const end = Date.parse("2026-05-06T12:00:00.000Z");
    const heads = Array.from({ length: 3 * 24 * 60 }, (_, index) =>
      headOf(index + 1, "a", new Date(end + (index - 3 * 24 * 60) * 60_000).toISOString()),
    );

    const chain = heads.reduce<KeptChain | undefined>((kept, head) => keep(kept, head), undefined);

    const ages = (chain?.earlier ?? []).map(({ at }) => (end - Date.parse(at)) / 60_000);
    const within = (minutes: number) => ages.filter((age) => age <= minutes).length;
    assert.ok(within(10) >= 8, `${within(10)} of the last ten minutes`);
    assert.ok(within(24 * 60) >= 30, `${within(24 * 60)} of the last day`);
    assert.ok(ages.length - within(24 * 60) >= 2, "days before");
    assert.ok(ages.length < 45, `${ages.length} heads`);
  });

  test("stays bounded, whatever times the heads claim", () => {
    const claims = (index: number) => new Date(NOW - ((index * 37) % 900) * 86_400_000);

    let chain: KeptChain | undefined;
    for (let index = 1; index <= 1_500; index++) {
      chain = keep(chain, headOf(index, "a", claims(index).toISOString()));
    }

    assert.ok((chain?.earlier.length ?? 0) <= 500, `${chain?.earlier.length} heads`);
  });

  test("is not frozen by one head that is farther ahead than a chain can grow", () => {
    const jumped = keep(first, headOf(Number.MAX_SAFE_INTEGER, "b", "9999-01-01T00:00:00.000Z"));

    const next = keep(jumped, headOf(6, "c"));

    assert.deepEqual([next.newest.number, next.earlier[0]?.number], [6, 5]);
    assert.deepEqual(
      next.conflicts.map(({ number }) => number),
      [Number.MAX_SAFE_INTEGER],
    );
    assert.equal(keep(next, headOf(Number.MAX_SAFE_INTEGER, "b")), next);
  });
});
