import assert from "node:assert/strict";
import { headers } from "nats";
import { describe, test } from "vitest";
import { fromRelay } from "../../relay/wire/envelope.ts";
import { uuidv7 } from "../../relay/wire/ids.ts";
import { downTo, inboxOf, upFrom } from "../../relay/wire/subjects.ts";
import { EVERYTHING } from "../support/guarded-nats.ts";
import { waitFor } from "../support/wait.ts";
import { recorded, refusing } from "./attacked-bot.ts";
import { liesAbout, live, running } from "./lies.ts";
import { signed } from "./relay-forgeries.ts";
import { type Stage, startStage } from "./stage.ts";

describe("whoever has one relay's NATS credentials and its key", () => {
  test("hears nothing of another relay, and nothing that others say to the bot", async () => {
    const stage = await startStage();
    const { mallory, victim, nats } = stage;
    const everybody = await nats.connectAs(EVERYTHING);
    const subjects = [downTo(victim), `${inboxOf(victim)}.>`, "aldis.up.>", upFrom("*", "claim")];
    const more = [`aldis.up.${victim}.>`, "aldis.enrol", "aldis.bots.>", "_INBOX.>", "aldis.>"];
    const heard: string[] = [];
    const control: string[] = [];
    for (const subject of [...subjects, ...more]) {
      const note = (list: string[]) => (error: unknown) => void (error ?? list.push(subject));
      mallory.connection.subscribe(subject, { callback: note(heard) });
      mallory.connection.subscribe(subject, { queue: "bots", callback: note(heard) });
      everybody.subscribe(subject, { callback: note(control) });
    }
    await mallory.connection.flush();
    await everybody.flush();

    const talk = stage.say("!echo secret");
    await talk.done;
    await mallory.connection.flush();

    assert.deepEqual(heard, []);
    assert.ok(new Set(control).size >= 6, control.join());
    assert.equal(talk.output, "secret\n");
    assert.ok(new Set(mallory.forbidden).size >= 9);
  });

  test("says nothing in another's name: the server does not pass it on", async () => {
    const stage = await startStage();
    const { mallory, victim, bot } = stage;
    const { talk, about, epoch, find } = await running(stage);
    const before = bot.dispatch.registry.find(victim)?.presence?.program;
    const lies = Object.entries(await liesAbout(stage, about, epoch));
    const elsewhere = [downTo(victim), `${inboxOf(victim)}.x`, "_INBOX.bot.x", "aldis.bots.relays"];

    for (const [kind, payload] of lies) await mallory.send(`aldis.up.${victim}.${kind}`, payload);
    for (const subject of elsewhere) await mallory.send(subject, Buffer.from("{}"));
    await waitFor(() => new Set(mallory.forbidden).size === lies.length + elsewhere.length);
    const state = (await find())?.state;
    await talk.done;

    assert.equal(state, "started");
    assert.equal(talk.end?.state, "succeeded");
    assert.equal(talk.output, "slept 2 s\n");
    assert.equal(bot.dispatch.registry.find(victim)?.presence?.program, before);
    assert.deepEqual(mallory.answers, []);
  });

  test("says nothing of another's execution in its own name", async () => {
    const stage = await startStage();
    const { mallory, bot } = stage;
    const { connection, id } = mallory;
    const { talk, about, epoch, find } = await running(stage);
    await live(stage, "mine");
    const lies = await liesAbout(stage, about, epoch);
    const notIts = (kind: string) => ({ relayId: id, kind, reason: "not-yours" });

    await mallory.send(upFrom(id, "claim"), lies.claim);
    await waitFor(() => mallory.answers.length === 1);
    await refusing(bot, notIts("output"), () => mallory.send(upFrom(id, "output"), lies.output));
    await refusing(bot, notIts("result"), () => mallory.send(upFrom(id, "result"), lies.result));
    const state = (await find())?.state;
    await talk.done;

    const [, permit = ""] = Buffer.from(mallory.answers[0] ?? [])
      .toString("latin1")
      .split(".");
    const { permits } = JSON.parse(Buffer.from(permit, "base64url").toString());
    assert.deepEqual([permits[0].granted, permits[0].reason], [false, "offered to another"]);
    assert.equal(state, "started");
    assert.equal(talk.end?.state, "succeeded");
    assert.equal(talk.output, "slept 2 s\n");
    await connection.flush();
  });

  test("holds up nobody with a flood, however it is labelled", async () => {
    const stage = await startStage();
    const { mallory, bot } = stage;
    const { connection, key, id } = mallory;
    const epoch = await live(stage, "mine");
    const labels = headers();
    labels.set("Nats-Msg-Id", "1");
    labels.set("Nats-Rollup", "all");
    const claims = () => Array.from({ length: 64 }, () => ({ executionId: uuidv7(), attempt: 1 }));
    const relay = { program: "flood", tags: {}, capacity: 0, running: 0, runtimes: [] };
    const quiet = await timed(stage);

    const large: [string, Uint8Array] = [upFrom(id, "result"), Buffer.alloc(900_000, ".")];
    const flood: [string, Uint8Array][] = [];
    for (let each = 0; each < 300; each++) {
      const body = { epoch, nonce: `${each}`, claims: claims() };
      flood.push([upFrom(id, "claim"), await signed(key, fromRelay.claim.typ, body)]);
      const life = { epoch: `e${each}`, number: 1, keyListNumber: 1, draining: false };
      const said = await signed(key, fromRelay.presence.typ, { ...life, ...relay });
      flood.push([upFrom(id, "presence"), said], ...(each % 10 === 0 ? [large] : []));
    }
    for (const [subject, payload] of flood) {
      connection.publish(subject, payload, { reply: `${inboxOf(id)}.x`, headers: labels });
    }
    await connection.flush();
    const loud = await timed(stage);

    assert.ok(loud < quiet + 5_000, `${quiet} ms became ${loud} ms`);
    for (const kind of ["claim", "presence"]) {
      assert.equal(await recorded(bot, { relayId: id, kind, reason: "too-many" }), 1, kind);
    }
    assert.equal(await recorded(bot, { relayId: id, kind: "result", reason: "malformed" }), 1);
  });
});

/** How long one command of the victim takes. */
async function timed(stage: Stage): Promise<number> {
  const startMs = performance.now();
  const talk = stage.say("!echo hello");
  await talk.done;
  assert.equal(talk.output, "hello\n");
  return performance.now() - startMs;
}
