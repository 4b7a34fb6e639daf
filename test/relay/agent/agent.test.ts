import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "vitest";
import { z } from "zod";
import { fromBot, fromRelay, signAsBot } from "../../../relay/wire/envelope.ts";
import { newKey, specOf } from "../../support/scripted-bot.ts";
import { waitFor } from "../../support/wait.ts";
import { startedRelay } from "../relay-under-test.ts";

const READY = ["sh", "-c", "echo ready; exec sleep 30"];

describe("an offer", () => {
  test("that comes twice is answered twice and started once", async () => {
    const { bot } = await startedRelay();
    const spec = specOf(["echo", "once"]);
    const offer = await signAsBot(bot.key, fromBot.offer, bot.addressing(), {
      offers: [{ attempt: 1, spec }],
    });

    const [first, second] = await Promise.all([
      bot.ask(offer, fromRelay.offerAnswer),
      bot.ask(offer, fromRelay.offerAnswer),
    ]);
    await waitFor(() => bot.resultOf(spec.executionId));
    const late = await bot.ask(offer, fromRelay.offerAnswer);

    assert.deepEqual(
      [first, second, late].flatMap(({ answers }) => answers.map(({ refusal }) => refusal)),
      [undefined, undefined, undefined],
    );
    assert.equal(bot.claims.length, 1);
    assert.equal(bot.output(spec.executionId).stdout, "once\n");
  });

  test("that the relay's owner forbids is refused before it is claimed", async () => {
    const { bot } = await startedRelay();

    const { refusal } = await bot.offer(specOf(["true"], { bundle: "other" }));

    assert.equal(refusal?.code, "native-not-allowed");
    assert.match(refusal?.reason ?? "", /add "other" to relay\.native/);
    assert.equal(bot.claims.length, 0);
  });

  test("beyond the capacity is refused, and taken once there is room", async () => {
    const { bot } = await startedRelay({ ALDIS_RELAY_CAPACITY: "1" });
    const running = specOf(READY);
    await bot.offer(running);

    const busy = await bot.offer(specOf(["true"]));
    await bot.cancel(running.executionId);
    await waitFor(() => bot.resultOf(running.executionId));
    const free = await bot.offer(specOf(["true"]));

    assert.equal(busy.refusal?.code, "capacity");
    assert.equal(free.refusal, undefined);
  });
});

describe("a claim", () => {
  test("is made again until it is answered, and starts once", async () => {
    const { bot } = await startedRelay({ ALDIS_RELAY_CLAIM_TIMEOUT: "20ms" });
    bot.script.claim = () => (bot.claims.length < 3 ? "silent" : { granted: true });
    const spec = specOf(["echo", "once"]);

    await bot.offer(spec);
    await waitFor(() => bot.resultOf(spec.executionId));

    assert.equal(bot.claims.length, 3);
    assert.equal(bot.output(spec.executionId).stdout, "once\n");
  });

  test("that a bot refuses starts nothing, says so and leaves nothing open", async () => {
    const { bot, directory } = await startedRelay();
    bot.script.claim = () => ({ granted: false, reason: "cancelled" });
    const spec = specOf(["true"]);

    await bot.offer(spec);
    const journal = await waitFor(async () => {
      const text = await readFile(join(directory(), "journal"), "utf8");
      return text.includes("settled") ? text : undefined;
    });

    assert.doesNotMatch(journal, /permitted/);
    assert.equal(bot.resultOf(spec.executionId)?.status, "not-begun");
  });

  test("that the bots have given up as lost is given back: it has not begun", async () => {
    const { bot } = await startedRelay();
    bot.script.claim = () => ({ granted: false, reason: "unknown" });
    const spec = specOf(["true"]);

    await bot.offer(spec);
    const result = await waitFor(() => bot.resultOf(spec.executionId));

    assert.equal(result.status, "not-begun");
    assert.deepEqual(bot.pieces, []);
  });

  test("whose permit has grown old is made again before anything starts", async () => {
    const { bot } = await startedRelay({ ALDIS_RELAY_PERMIT_LIFETIME: "60ms" });
    const held = Promise.withResolvers<void>();
    bot.script.forge = (typ, body) => {
      if (typ !== fromBot.permit.typ || bot.claims.length > 1) return undefined;
      return held.promise.then(() =>
        signAsBot(bot.key, fromBot.permit, bot.addressing(), permitting(body, bot.id)),
      );
    };
    const spec = specOf(["true"]);
    const offeredAt = performance.now();
    await bot.offer(spec);

    await waitFor(() => bot.claims.length === 1 && performance.now() - offeredAt > 100);
    held.resolve();
    const result = await waitFor(() => bot.resultOf(spec.executionId));

    assert.equal(result.status, "succeeded");
    // More where this machine takes longer than that to start a process.
    assert.ok(bot.claims.length >= 2, "it began with the permit that had grown old");
  });

  test("whose permit the bot wants used sooner is made again, too", async () => {
    const { bot } = await startedRelay();
    bot.script.claim = () => ({ granted: true, goodForMs: bot.claims.length > 1 ? 10_000 : 0 });
    const spec = specOf(["true"]);

    await bot.offer(spec);
    const result = await waitFor(() => bot.resultOf(spec.executionId));

    assert.equal(result.status, "succeeded");
    assert.equal(bot.claims.length, 2);
  });

  test("of an execution that is cancelled meanwhile ends as cancelled, and nothing begins", async () => {
    const { bot } = await startedRelay({ ALDIS_RELAY_CLAIM_TIMEOUT: "20ms" });
    bot.script.claim = () => "silent";
    const spec = specOf(["echo", "never"]);
    await bot.offer(spec);

    await bot.cancel(spec.executionId);
    await waitFor(() => bot.claims.length > 2);
    bot.script.claim = () => ({ granted: true });
    const result = await waitFor(() => bot.resultOf(spec.executionId));

    assert.equal(result.status, "cancelled");
    assert.equal(result.startedAt, undefined);
    assert.equal(bot.pieces.length, 0);
  });
});

describe("a running execution", () => {
  test("is ended by its time limit", async () => {
    const { bot } = await startedRelay();
    const spec = specOf(["sleep", "30"]);

    await bot.offer({ ...spec, limits: { ...spec.limits, timeoutMs: 50 } });
    const result = await waitFor(() => bot.resultOf(spec.executionId));

    assert.equal(result.status, "timed-out");
    assert.equal(result.reason, "stopped after 50 ms");
  });

  test("whose command is not there fails with 127 and says why", async () => {
    const { bot } = await startedRelay();
    const spec = specOf(["no-such-command"]);

    await bot.offer(spec);
    const result = await waitFor(() => bot.resultOf(spec.executionId));

    assert.deepEqual(
      [result.status, result.exitCode, result.reason],
      ["failed", 127, "command not found"],
    );
  });

  test("keeps its result until a bot confirms it", async () => {
    const { bot } = await startedRelay({ ALDIS_RELAY_CONFIRM_TIMEOUT: "20ms" });
    bot.script.result = () => (bot.results.length < 4 ? "silent" : "receipt");
    const spec = specOf(["true"]);

    await bot.offer(spec);
    await waitFor(() => bot.results.length === 4);

    assert.equal(new Set(bot.results.map((result) => JSON.stringify(result))).size, 1);
  });

  test("sends output to the bot that owns the reply, or to any when that one is gone", async () => {
    const { bot } = await startedRelay();
    const mine = specOf(["echo", "mine"]);
    await bot.offer(mine);
    await waitFor(() => bot.resultOf(mine.executionId));
    bot.script.forge = (typ, body) =>
      typ === fromBot.permit.typ
        ? signAsBot(bot.key, fromBot.permit, bot.addressing(), permitting(body, "gone"))
        : undefined;
    const others = specOf(["echo", "others"]);

    await bot.offer(others);
    await waitFor(() => bot.resultOf(others.executionId));

    const [first, second] = bot.pieces.map(({ subject }) => subject.split(".").slice(3).join("."));
    assert.deepEqual([first, second], [`output.${bot.id}`, "output"]);
  });
});

describe("stopping", () => {
  test("announces it, refuses offers, and ends what does not finish in time", async () => {
    const { bot, relay } = await startedRelay({ ALDIS_RELAY_STOP_DEADLINE: "300ms" });
    const long = specOf(READY);
    const short = specOf(["sh", "-c", "echo ready; sleep 0.1; echo done"]);
    await Promise.all([bot.offer(long), bot.offer(short)]);
    await waitFor(() => bot.pieces.length >= 2);

    const stopped = relay.stop();
    await waitFor(() => bot.presences.at(-1)?.draining);
    const { refusal } = await bot.offer(specOf(["true"]));
    await stopped;

    assert.equal(refusal?.code, "draining");
    assert.equal(bot.resultOf(short.executionId)?.status, "succeeded");
    assert.equal(bot.resultOf(long.executionId)?.status, "interrupted");
    assert.equal(bot.resultOf(long.executionId)?.reason, "the relay was stopping");
  });
});

describe("presence", () => {
  test("follows what runs", async () => {
    const { bot } = await startedRelay();
    const spec = specOf(READY);

    await bot.offer(spec);
    await waitFor(() => bot.presences.at(-1)?.running === 1);
    await bot.cancel(spec.executionId);
    await waitFor(() => bot.presences.at(-1)?.running === 0);

    const numbers = bot.presences.map(({ number }) => number);
    assert.deepEqual(
      numbers,
      numbers.toSorted((a, b) => a - b),
    );
    assert.deepEqual(bot.presences.at(-1)?.tags, { role: "web" });
  });
});

describe("a key list", () => {
  test("with a higher number takes its place, and dropped keys count for nothing", async () => {
    const relay = await startedRelay();
    const { bot } = relay;
    const next = newKey();

    bot.send(Buffer.from(await bot.keyListJws({ number: 2, keys: [next.publicJwk] })));
    await waitFor(() => bot.presences.at(-1)?.keyListNumber === 2);
    bot.send(await signAsBot(bot.key, fromBot.challenge, bot.addressing(), { nonce: "old" }));
    await waitFor(() => relay.refusals().some(({ reason }) => reason === "unknown-key"));
    const question = await signAsBot(next, fromBot.challenge, bot.addressing(), { nonce: "new" });
    const answer = await bot.ask(question, fromRelay.challengeAnswer);

    assert.equal(answer.nonce, "new");
    const kept = await readFile(join(relay.directory(), "key-list.jws"), "utf8");
    assert.equal(kept, await bot.keyListJws({ ...listIn(kept) }));
  });

  test("of another authority, altered or with a lower number changes nothing", async () => {
    const relay = await startedRelay();
    const { bot } = relay;
    const mallory = newKey();
    const foreign = { number: 9, keys: [mallory.publicJwk] };
    bot.send(Buffer.from(await bot.keyListJws({ number: 5 })));
    await waitFor(() => bot.presences.at(-1)?.keyListNumber === 5);

    bot.send(
      Buffer.from(await bot.keyListJws({ ...foreign, authority: mallory.publicJwk }, mallory)),
    );
    bot.send(Buffer.from(await bot.keyListJws(foreign, { ...mallory, kid: bot.authority.kid })));
    bot.send(Buffer.from(await bot.keyListJws({ number: 4, keys: [mallory.publicJwk] })));
    await waitFor(() => relay.refusals().length === 3);

    assert.deepEqual(
      relay
        .refusals()
        .map(({ reason }) => reason)
        .toSorted(),
      ["bad-signature", "older than the one held", "signed by another authority"],
    );
    assert.equal(bot.presences.at(-1)?.keyListNumber, 5);
  });

  test("that has expired makes every bot a stranger", async () => {
    const relay = await startedRelay();
    const { bot } = relay;
    const exp = Math.floor(Date.now() / 1000) + 2;

    bot.send(Buffer.from(await bot.keyListJws({ number: 2, exp })));
    await waitFor(() => bot.presences.at(-1)?.keyListNumber === 2);
    await waitFor(() => Date.now() >= exp * 1000);
    bot.send(await signAsBot(bot.key, fromBot.challenge, bot.addressing(), { nonce: "n" }));

    await waitFor(() => relay.refusals().some(({ reason }) => reason === "unknown-key"));
  });
});

function listIn(jws: string) {
  return JSON.parse(Buffer.from(jws.split(".")[1] ?? "", "base64url").toString());
}

const PermitBody = z.object({
  nonce: z.string(),
  permits: z.array(
    z.object({ executionId: z.string(), attempt: z.int(), granted: z.boolean() }).loose(),
  ),
});

function permitting(body: object, replyBot: string) {
  const { nonce, permits } = PermitBody.parse(body);
  return { nonce, permits: permits.map((permit) => ({ ...permit, granted: true, replyBot })) };
}
