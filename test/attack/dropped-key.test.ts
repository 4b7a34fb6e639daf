import assert from "node:assert/strict";
import { test } from "vitest";
import { fromBot, signAsBot } from "../../relay/wire/envelope.ts";
import { startedRelay } from "../relay/relay-under-test.ts";
import { newKey } from "../support/scripted-bot.ts";
import { waitFor } from "../support/wait.ts";

test("whoever has a bot's key of before drains a relay until the list without it comes", async () => {
  const relay = await startedRelay();
  const { bot } = relay;
  const old = newKey();
  const listed = async (number: number, keys: readonly (typeof old)[]) => {
    const jwks = keys.map(({ publicJwk }) => publicJwk);
    bot.send(Buffer.from(await bot.keyListJws({ number, keys: jwks })));
    await waitFor(() => bot.presences.at(-1)?.keyListNumber === number);
  };
  const drain = async (draining: boolean) => {
    const body = { nonce: `${draining}-${Math.random()}`, draining };
    bot.send(await signAsBot(old, fromBot.drain, bot.addressing(), body));
  };
  const isRefused = () => relay.refusals().some(({ reason }) => reason === "unknown-key");

  await listed(2, [bot.key, old]);
  await drain(true);
  await waitFor(() => bot.presences.at(-1)?.draining);
  await drain(false);
  await waitFor(() => bot.presences.at(-1)?.draining === false);
  await listed(3, [bot.key]);
  await drain(true);
  await waitFor(isRefused);

  assert.equal(bot.presences.at(-1)?.draining, false);
});
