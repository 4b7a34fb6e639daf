import assert from "node:assert/strict";
import { afterAll, beforeAll, describe, test } from "vitest";
import type { SaidOptions } from "../../../support/slack/people.ts";
import { nextTs } from "../../../support/slack/team.ts";
import { waitFor } from "../../../support/wait.ts";
import { type SlackAlone, startSlackAlone } from "./slack-alone.ts";

let here: SlackAlone;

beforeAll(async () => {
  here = await startSlackAlone();
  await here.connected();
});

afterAll(() => here.stop());

/** Sends it, and then something that is heard for certain; gives what was heard of it. */
async function heardOf(text: string, options: SaidOptions): Promise<number> {
  const { envelopeId } = here.slack.people.send(text, options);
  await waitFor(() => here.slack.socketMode.isAcknowledged(envelopeId), { what: "its receipt" });
  return here.heard.filter((message) => message.text === text).length;
}

describe("who is no caller", () => {
  test.each<[string, SaidOptions]>([
    ["another bot", { event: { bot_id: "B0OTHER" } }],
    ["a bot without a user", { event: { subtype: "bot_message", user: undefined } }],
    ["the bot itself", { user: "U0BOT" }],
    ["Slackbot", { user: "USLACKBOT" }],
    ["somebody of another organisation", { event: { team: "T0OTHER" } }],
    ["a guest from another team", { event: { user_team: "T0OTHER" } }],
    [
      "nobody knows of which team",
      { event: { team: undefined }, body: { is_ext_shared_channel: true } },
    ],
    ["an event of another team", { body: { team_id: "T0OTHER" } }],
    ["an edit that mentions the bot", { type: "app_mention", event: { edited: { ts: "1.0" } } }],
    ["somebody who joins", { event: { subtype: "channel_join" } }],
  ])("%s", async (who, options) => {
    const times = await heardOf(`!x:y ${who}`, options);

    assert.equal(times, 0);
  });

  test("an ordinary person is heard, by the same way", async () => {
    const times = await heardOf("!x:y somebody", {});

    assert.equal(times, 1);
  });

  test("an edit is not heard", async () => {
    const { ts } = here.slack.people.send("!x:y before");
    const envelopeId = here.slack.people.edit("!x:y after", ts);

    await waitFor(() => here.slack.socketMode.isAcknowledged(envelopeId));

    assert.deepEqual(
      here.heard.filter(({ text }) => text === "!x:y after"),
      [],
    );
  });

  test("a button that was pressed by somebody of another organisation", async () => {
    const button = { action_id: "aldis_cancel", value: "0198c5f2-0000-7000-8000-000000000000" };
    const on = { ts: nextTs(), thread: undefined, channel: "C0OPS" };
    const other = here.slack.people.press(button, { ...on, userTeam: "T0OTHER" });
    const own = here.slack.people.press(button, on);

    await waitFor(() => [other, own].every((id) => here.slack.socketMode.isAcknowledged(id)));

    const pressed = here.heard.filter(({ text }) => text.startsWith("!aldis:cancel"));
    assert.deepEqual(
      pressed.map(({ caller }) => caller),
      [{ adapter: "slack", installation: "T0ALDIS", providerUser: "U0ADA" }],
    );
  });
});

describe("one message, once", () => {
  test("the same event twice, and as a mention", async () => {
    const ts = nextTs();
    const times = [
      await heardOf("<@U0BOT> x:y twice", { ts }),
      await heardOf("<@U0BOT> x:y twice", { ts }),
      await heardOf("<@U0BOT> x:y twice", { ts, type: "app_mention" }),
    ];

    assert.deepEqual(times, [0, 0, 0]);
    assert.equal(here.heard.filter(({ text }) => text === "@aldis x:y twice").length, 1);
  });

  test("what comes out of order is heard as it was said", async () => {
    const [first, second] = [nextTs(), nextTs()];
    await heardOf("!x:y second", { ts: second });
    await heardOf("!x:y first", { ts: first });

    const [late, early] = here.heard.slice(-2);
    assert.deepEqual([late?.text, early?.text], ["!x:y second", "!x:y first"]);
    assert.ok(late && early && early.saidAt <= late.saidAt);
  });

  test("when it was said is told, not when it arrived", async () => {
    await heardOf("!x:y old", { ts: "1700000000.000100" });

    assert.equal(here.heard.at(-1)?.saidAt.getTime(), 1_700_000_000_000);
  });
});
