import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { sql } from "drizzle-orm";
import { afterAll, afterEach, beforeAll, beforeEach, describe, test } from "vitest";
import type { BusMessage } from "../../relay/process/bus.ts";
import { fromBot, fromRelay, withBytes } from "../../relay/wire/envelope.ts";
import { encodeFrames } from "../../relay/wire/frames.ts";
import { randomName } from "../../relay/wire/ids.ts";
import { claimedType } from "../../relay/wire/jws.ts";
import { downTo, upFrom } from "../../relay/wire/subjects.ts";
import { DEMO, startTestBot, type TestBot } from "../support/bot.ts";
import type { ScriptedRelay } from "../support/scripted-relay.ts";
import { waitFor } from "../support/wait.ts";
import { offeredTo, recorded, refusing, sendAs, startTarget, stateOf } from "./attacked-bot.ts";
import { signed } from "./relay-forgeries.ts";

let bot: TestBot;
let relay: ScriptedRelay;

beforeAll(async () => {
  bot = await startTestBot({ env: { ALDIS_STOP_DEADLINE: "1s" } });
  await bot.install(DEMO);
});
beforeEach(async () => {
  relay = await startTarget(bot);
});
afterEach(async () => {
  await relay.announce({ draining: true });
  await waitFor(() => known()?.presence?.draining);
  relay.stop();
});
afterAll(() => bot.close());

function known() {
  return bot.dispatch.registry.find(relay.id);
}

/** All that this relay says from now on, by the last word of its subject. */
function record(): { kind: string; payload: Uint8Array }[] {
  const heard: { kind: string; payload: Uint8Array }[] = [];
  const ear = bot.bus.connect({ onError: () => {} });
  ear.subscribe(`aldis.up.${relay.id}.>`, {}, ({ subject, payload }: BusMessage) => {
    heard.push({ kind: subject.split(".")[3] ?? "", payload });
  });
  return heard;
}

async function eventsOf(executionId: string): Promise<string[]> {
  const { rows } = await bot.store.inWorkspace(bot.workspaceId, (db) =>
    db.execute<{ kind: string }>(
      sql`select kind from audit_events where execution_id = ${executionId} order by id`,
    ),
  );
  return rows.map(({ kind }) => kind);
}

describe("what a relay has once said, said again", () => {
  test("has no second effect: one start, one piece of output, one end", async () => {
    const heard = record();
    const { talk, about } = await offeredTo(bot, relay);
    await relay.claim(about);
    await relay.sendOutput(about, 0, "once\n");
    await relay.sendResult(about, { outputLength: 10 });
    await talk.done;
    const before = await eventsOf(about.executionId);
    const kinds = ["claim", "output", "result"] as const;

    const answers: (Uint8Array | undefined)[] = [];
    for (const kind of kinds) {
      const said = heard.find((each) => each.kind === kind);
      assert.ok(said);
      answers.push(await sendAs(relay, kind, said.payload));
    }

    assert.equal(answers.filter((answer) => answer !== undefined).length, kinds.length);
    assert.deepEqual(await eventsOf(about.executionId), before);
    assert.equal(before.filter((kind) => kind === "execution.started").length, 1);
    assert.equal(before.filter((kind) => kind === "execution.ended").length, 1);
    assert.equal(talk.output, "once\n");
    assert.equal(await stateOf(bot, about.executionId), "succeeded");
  });

  test("does not keep a relay alive, and a new word of it does", async () => {
    const heard = record();
    await relay.announce({ capacity: 5 });
    await waitFor(() => known()?.presence?.capacity === 5);
    const at = known()?.heardAtMs ?? 0;
    const [old] = heard;
    assert.ok(old);

    relay.bus.publish(upFrom(relay.id, "presence"), old.payload);
    await sendAs(relay, "presence", Buffer.from("after it"));
    const afterOld = known()?.heardAtMs;
    await relay.announce({ capacity: 6 });
    await waitFor(() => known()?.presence?.capacity === 6);

    assert.equal(afterOld, at);
    assert.ok((known()?.heardAtMs ?? 0) > at);
  });

  test("by an earlier life is not taken for a new one", { timeout: 30_000 }, async () => {
    const heard = record();
    await relay.announce();
    const old = (await waitFor(() => heard[0])).payload;
    const [epoch, of] = [randomName(), { relayId: relay.id, kind: "presence" }];
    await relay.announce({ epoch });
    await waitFor(() => known()?.epoch === epoch);
    relay.stop();

    await refusing(bot, { ...of, reason: "no-answer" }, () => {
      relay.bus.publish(upFrom(relay.id, "presence"), old);
    });

    assert.equal(known()?.epoch, epoch);
  });

  test("as an old proof of life proves nothing", async () => {
    const epoch = randomName();
    relay.stop();
    relay.bus.subscribe(downTo(relay.id), {}, async (message) => {
      const jws = Buffer.from(message.payload).toString("latin1");
      if (claimedType(jws) !== fromBot.challenge.typ) return;
      const body = { nonce: "of another question", epoch };
      message.respond(await signed(relay.key, fromRelay.challengeAnswer.typ, body));
    });
    const before = known()?.epoch;

    const of = { relayId: relay.id, kind: "challenge-answer", reason: "another-question" };
    await refusing(bot, of, () => relay.announce({ epoch }));

    assert.equal(known()?.epoch, before);
    relay.epoch = before ?? "";
  });

  test("as an old answer to an offer takes no other", async () => {
    relay.onOffer = async (message) => {
      relay.onOffer = undefined;
      const answers = [{ executionId: crypto.randomUUID(), attempt: 1 }];
      message.respond(await signed(relay.key, fromRelay.offerAnswer.typ, { answers }));
    };

    const of = { relayId: relay.id, kind: "offer-answer", reason: "another-question" };
    await refusing(bot, of, () => bot.say("!echo other"));
    const { talk, about } = await offeredTo(bot, relay);
    await relay.claim(about);
    await relay.sendResult(about);
    await talk.done;

    assert.equal(talk.end?.state, "succeeded");
  });
});

describe("a message that is signed rightly", () => {
  test("and does not describe the bytes behind it is no output", async () => {
    const { talk, about } = await offeredTo(bot, relay);
    await relay.claim(about);
    const [said, sent] = ["honest", "forged"].map((text) =>
      encodeFrames("stdout", Buffer.from(text)),
    );
    assert.ok(said && sent);
    const digest = createHash("sha256").update(said).digest("base64url");
    const body = { ...about, offset: 0, length: said.length, digest };
    const head = await signed(relay.key, fromRelay.output.typ, body);

    const of = { relayId: relay.id, kind: "output", reason: "altered" };
    await refusing(bot, of, () => sendAs(relay, "output", withBytes(head, sent)));
    await sendAs(relay, "output", withBytes(head, said));
    await relay.sendResult(about, { outputLength: said.length });
    await talk.done;

    assert.equal(talk.output, "honest");
  });

  test.each(["claim", "output", "result", "rotate"] as const)(
    "and wants its answer elsewhere gets none: %s",
    async (kind) => {
      const payload = await signed(relay.key, "aldis-claim", {
        epoch: "e",
        nonce: "n",
        claims: [],
      });
      let answer: unknown;

      await refusing(bot, { relayId: relay.id, kind, reason: "foreign-reply" }, async () => {
        answer = await sendAs(relay, kind, payload, `_INBOX.another.${randomName()}`);
      });

      assert.equal(answer, undefined);
    },
  );

  test("and holds more than 64 results is not taken at all", async () => {
    const lines = Array.from({ length: 65 }, () => "x").join("\n");

    await refusing(bot, { relayId: relay.id, kind: "result", reason: "too-many" }, () =>
      sendAs(relay, "result", Buffer.from(lines)),
    );

    assert.equal(
      await recorded(bot, { relayId: relay.id, kind: "result", reason: "malformed" }),
      0,
    );
  });
});

test("a hundred refusals of one kind are counted, and are one line in the audit", async () => {
  const of = { relayId: relay.id, kind: "claim", reason: "malformed" };

  await refusing(bot, of, () =>
    Promise.all(Array.from({ length: 100 }, () => sendAs(relay, "claim", Buffer.from("junk")))),
  );

  assert.equal(await recorded(bot, of), 1);
});
