import assert from "node:assert/strict";
import { describe, test } from "vitest";
import { claimedType } from "../../relay/wire/jws.ts";
import { downTo } from "../../relay/wire/subjects.ts";
import type { Talk } from "../support/bot.ts";
import { EVERYTHING } from "../support/guarded-nats.ts";
import { waitFor } from "../support/wait.ts";
import { refusing } from "./attacked-bot.ts";
import { liesAbout, running } from "./lies.ts";
import { signed } from "./relay-forgeries.ts";
import { startStage } from "./stage.ts";

/** What the server's permissions alone keep from a relay is seen where they are taken away. */
describe("where the server lets a relay do everything, whoever has its key", () => {
  test("still says nothing in another's name that a bot believes", async () => {
    const stage = await startStage(EVERYTHING);
    const { bot, mallory, victim } = stage;
    const { talk, about, epoch, find } = await running(stage);
    const { presence, claim, result, output } = await liesAbout(stage, about, epoch);
    const lies = { presence, claim, result, output };

    for (const [kind, payload] of Object.entries(lies)) {
      const of = {
        relayId: victim,
        kind,
        reason: kind === "presence" ? "unknown-key" : "foreign-reply",
      };
      await refusing(bot, of, () => mallory.send(`aldis.up.${victim}.${kind}`, payload));
    }
    for (const [kind, payload] of Object.entries({ claim, result, output })) {
      const reply = `_INBOX.${victim}.forged`;
      await refusing(bot, { relayId: victim, kind, reason: "unknown-key" }, () =>
        mallory.connection.publish(`aldis.up.${victim}.${kind}`, payload, { reply }),
      );
    }
    const state = (await find())?.state;
    await talk.done;

    assert.equal(state, "started");
    assert.deepEqual([talk.end?.state, talk.output], ["succeeded", "slept 2 s\n"]);
    assert.deepEqual(mallory.answers, []);
  });

  test("reads what is for another, which only the server prevents", async () => {
    const stage = await startStage(EVERYTHING);
    const { mallory, victim } = stage;
    const heard: string[] = [];
    mallory.connection.subscribe(downTo(victim), {
      callback: (_, { data }) => void heard.push(Buffer.from(data).toString("latin1")),
    });
    await mallory.connection.flush();

    await stage.say("!echo overheard").done;

    const offer = heard.find((jws) => claimedType(jws) === "aldis-offer");
    const [, body = ""] = (offer ?? "").split(".");
    assert.match(Buffer.from(body, "base64url").toString(), /overheard/);
  });

  test("answers another's offer first: it is passed over, and on record", async () => {
    const stage = await startStage(EVERYTHING);
    const { bot, mallory, victim } = stage;
    const taking = mallory.connection.subscribe(downTo(victim), {
      async callback(_, message) {
        const answers = [{ executionId: crypto.randomUUID(), attempt: 1 }];
        message.respond(await signed(mallory.key, "aldis-offer-answer", { answers }));
      },
    });
    await mallory.connection.flush();

    const of = { relayId: victim, kind: "offer-answer", reason: "unknown-key" };
    const talks: Talk[] = [];
    await refusing(bot, of, () => talks.push(stage.say("!echo taken")));
    await talks[0]?.done;
    taking.unsubscribe();

    assert.equal(talks[0]?.output, "taken\n");
  });

  test("swallows another's claims as a bot would: they are made again", async () => {
    const stage = await startStage(EVERYTHING);
    let swallowed = 0;
    stage.mallory.connection.subscribe("aldis.up.*.claim", {
      queue: "bots",
      callback: () => void swallowed++,
    });
    await stage.mallory.connection.flush();

    const outputs: string[] = [];
    await waitFor(async () => {
      const talk = stage.say("!echo through");
      await talk.done;
      outputs.push(talk.output);
      return swallowed > 0;
    });

    assert.deepEqual(new Set(outputs), new Set(["through\n"]));
  });
});
