import assert from "node:assert/strict";
import { describe, test } from "vitest";
import {
  type Addressing,
  audienceOf,
  fromBot,
  fromRelay,
  signAsBot,
} from "../../../relay/wire/envelope.ts";
import { uuidv7 } from "../../../relay/wire/ids.ts";
import { signJws } from "../../../relay/wire/jws.ts";
import type { SigningKey } from "../../../relay/wire/keys.ts";
import { downTo, replyFrom } from "../../../relay/wire/subjects.ts";
import { newKey, type ScriptedBot, specOf } from "../../support/scripted-bot.ts";
import { waitFor } from "../../support/wait.ts";
import { type RelayUnderTest, startedRelay } from "../relay-under-test.ts";

/** Every way in which a message may be wrong, and what the relay says of it. */
const forgeries: readonly { how: string; reason: string; forge: Forge }[] = [
  {
    how: "altered on the way",
    reason: "bad-signature",
    forge: async (bot, typ, body) => alter(await sign(bot, typ, body, {})),
  },
  {
    how: "expired",
    reason: "expired",
    forge: (bot, typ, body) => sign(bot, typ, body, { to: { nowMs: Date.now() - 600_000 } }),
  },
  {
    how: "from the future",
    reason: "early",
    forge: (bot, typ, body) => sign(bot, typ, body, { to: { nowMs: Date.now() + 600_000 } }),
  },
  {
    how: "meant for another relay",
    reason: "wrong-audience",
    forge: (bot, typ, body) =>
      sign(bot, typ, body, { to: { aud: audienceOf(uuidv7(), bot.epoch()) } }),
  },
  {
    how: "meant for another life of this relay",
    reason: "wrong-audience",
    forge: (bot, typ, body) => {
      const [relayId = ""] = bot.addressing().aud.split("/");
      return sign(bot, typ, body, { to: { aud: audienceOf(relayId, "another") } });
    },
  },
  {
    how: "signed by a key on no list",
    reason: "unknown-key",
    forge: (bot, typ, body) => sign(bot, typ, body, { key: newKey() }),
  },
  {
    how: "signed by an unlisted key under a listed key's name",
    reason: "bad-signature",
    forge: (bot, typ, body) => sign(bot, typ, body, { key: { ...newKey(), kid: bot.key.kid } }),
  },
  {
    how: "of a newer version",
    reason: "malformed-body",
    forge: (bot, typ, body) => sign(bot, typ, { ...body, version: 2 }, {}),
  },
];

type Forge = (bot: ScriptedBot, typ: string, body: object) => Promise<Uint8Array>;

async function sign(
  bot: ScriptedBot,
  typ: string,
  body: object,
  { key = bot.key, to = {} }: { key?: SigningKey; to?: Partial<Addressing> },
): Promise<Uint8Array> {
  const { iss, aud, nowMs, ttlMs } = bot.addressing(to);
  const iat = Math.floor(nowMs / 1000);
  const exp = Math.ceil((nowMs + ttlMs) / 1000);
  return Buffer.from(await signJws(key, typ, { version: 1, iss, aud, iat, exp, ...body }));
}

/** Changes the body and leaves the signature. */
function alter(payload: Uint8Array): Uint8Array {
  const [head = "", body = "", tail = ""] = Buffer.from(payload).toString("latin1").split(".");
  const claims = JSON.parse(Buffer.from(body, "base64url").toString());
  const changed = Buffer.from(JSON.stringify({ ...claims, iss: "mallory" })).toString("base64url");
  return Buffer.from(`${head}.${changed}.${tail}`);
}

function refusalOf(relay: RelayUnderTest, kind: string, reason: string) {
  return waitFor(
    () => relay.refusals().find((refusal) => refusal.kind === kind && refusal.reason === reason),
    { what: `the refusal of ${kind}: ${reason}` },
  );
}

describe.each(forgeries)("a message $how", ({ reason, forge }) => {
  test("is no offer, and the honest one is", async () => {
    const relay = await startedRelay();
    const { bot, wire, relayId } = relay;
    const spec = specOf(["true"]);
    const forged = await forge(bot, fromBot.offer.typ, { offers: [{ attempt: 1, spec }] });
    const heard: unknown[] = [];
    const replyTo = replyFrom(relayId, "mallory", "forged");
    const mallory = wire.connect({ onError: () => {} });
    mallory.subscribe(replyTo, {}, (message) => void heard.push(message));

    mallory
      .request(downTo(relayId), forged, { timeoutMs: 100, replyTo: `${replyTo}.own` })
      .then((answer) => heard.push(answer))
      .catch(() => {});
    await refusalOf(relay, fromBot.offer.typ, reason);
    const honest = await bot.offer(spec);
    await waitFor(() => bot.resultOf(spec.executionId));

    assert.deepEqual(heard, []);
    assert.equal(honest.refusal, undefined);
    assert.equal(bot.claims.length, 1);
  });

  test("cancels nothing, and the honest one does", async () => {
    const relay = await startedRelay();
    const { bot } = relay;
    const spec = specOf(["sh", "-c", "echo ready; exec sleep 30"]);
    const { executionId } = spec;
    await bot.offer(spec);
    await waitFor(() => bot.output(executionId).stdout === "ready\n");

    bot.send(await forge(bot, fromBot.cancel.typ, { cancels: [{ executionId, attempt: 1 }] }));
    await refusalOf(relay, fromBot.cancel.typ, reason);
    const before = bot.resultOf(executionId);
    await bot.cancel(executionId);
    const after = await waitFor(() => bot.resultOf(executionId));

    assert.equal(before, undefined);
    assert.equal(after.status, "cancelled");
  });

  test("is no challenge, and the honest one is", async () => {
    const relay = await startedRelay();
    const { bot } = relay;

    bot.send(await forge(bot, fromBot.challenge.typ, { nonce: "n" }));
    await refusalOf(relay, fromBot.challenge.typ, reason);
    const question = await signAsBot(bot.key, fromBot.challenge, bot.addressing(), { nonce: "n" });
    const answer = await bot.ask(question, fromRelay.challengeAnswer);

    assert.deepEqual([answer.nonce, answer.epoch], ["n", bot.epoch()]);
  });

  test("starts nothing as a permit; the honest one does, asked again", async () => {
    const relay = await startedRelay();
    const { bot } = relay;
    forgeFirst(bot, fromBot.permit.typ, forge);
    const spec = specOf(["true"]);

    await bot.offer(spec);
    await refusalOf(relay, fromBot.permit.typ, reason);
    const result = await waitFor(() => bot.resultOf(spec.executionId));

    assert.equal(result.status, "succeeded");
    assert.equal(bot.claims.length, 2);
  });

  test("confirms no output and no result as a receipt; the honest ones do", async () => {
    const relay = await startedRelay();
    const { bot } = relay;
    forgeFirst(bot, fromBot.receipt.typ, forge);
    const spec = specOf(["echo", "hello"]);

    await bot.offer(spec);
    await refusalOf(relay, fromBot.receipt.typ, reason);
    await waitFor(() => bot.resultOf(spec.executionId));
    forgeFirst(bot, fromBot.receipt.typ, forge);
    const silent = specOf(["true"]);
    await bot.offer(silent);
    await waitFor(() => bot.results.filter((r) => r.executionId === silent.executionId).length > 1);

    assert.equal(bot.pieces.length, 2);
    assert.deepEqual(bot.pieces[0]?.head, bot.pieces[1]?.head);
  });
});

test("a message of one kind never passes for another", async () => {
  const relay = await startedRelay();
  const { bot } = relay;
  const spec = specOf(["true"]);
  forgeFirst(bot, fromBot.permit.typ, (_, __, body) => sign(bot, fromBot.cancel.typ, body, {}));

  await bot.offer(spec);
  await refusalOf(relay, fromBot.permit.typ, "wrong-type");
  const result = await waitFor(() => bot.resultOf(spec.executionId));

  assert.equal(result.status, "succeeded");
});

test("a permit for another execution, attempt or question starts nothing", async () => {
  const { bot } = await startedRelay();
  const spec = specOf(["true"]);
  const permit = { executionId: spec.executionId, attempt: 1, granted: true, replyBot: bot.id };
  const wrong = [
    { permits: [{ ...permit, executionId: uuidv7() }] },
    { permits: [{ ...permit, attempt: 2 }] },
    { nonce: "of another question" },
  ];
  bot.script.forge = (typ, body) => {
    if (typ !== fromBot.permit.typ) return undefined;
    const change = wrong.shift();
    return change && sign(bot, typ, { ...body, ...change }, {});
  };

  await bot.offer(spec);
  const result = await waitFor(() => bot.resultOf(spec.executionId));

  assert.equal(result.status, "succeeded");
  assert.equal(bot.claims.length, 4);
});

test("nothing that is published stops the relay", async () => {
  const relay = await startedRelay();
  const { bot } = relay;
  const junk = ["", ".", "..", "a.b.c", "{}", "\u0000", "ey", "e30.e30.e30", "x".repeat(300_000)];

  for (const text of junk) bot.send(Buffer.from(text));
  bot.send(Buffer.from([0xff, 0xfe, 0x00]));
  await waitFor(() => relay.refusals().length === junk.length + 1);
  const spec = specOf(["true"]);
  await bot.offer(spec);

  await waitFor(() => bot.resultOf(spec.executionId));
});

function forgeFirst(bot: ScriptedBot, kind: string, forge: Forge): void {
  let isFirst = true;
  bot.script.forge = (typ, body) => {
    if (typ !== kind || !isFirst) return undefined;
    isFirst = false;
    return forge(bot, typ, body);
  };
}
