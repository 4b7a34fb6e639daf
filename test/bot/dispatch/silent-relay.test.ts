import assert from "node:assert/strict";
import { afterAll, beforeAll, test } from "vitest";
import { startTestBot, type TestBot } from "../../support/bot.ts";
import { waitFor } from "../../support/wait.ts";

const HASTY = `
aldis_bundle_version: 1
name: hasty
version: 1.0.0
description: Does not wait long for an answer.
commands:
  say:
    description: Prints.
    executable: [/bin/echo]
    native: true
    offer_timeout: 200ms
    rules: [allow]
`;

let bot: TestBot;

beforeAll(async () => {
  bot = await startTestBot();
  await bot.install(HASTY);
});

afterAll(() => bot.close());

test("a relay whose answer was lost is asked again in a moment, not in half a minute", async () => {
  const relay = await bot.relay("only");
  relay.answersOffers = false;
  const talk = bot.say("!say again");
  await waitFor(() => talk.states.includes("waiting"));

  relay.answersOffers = true;
  relay.runEverything();
  await waitFor(() => talk.end, { timeoutMs: 10_000 });

  assert.equal(talk.end?.state, "succeeded");
});
