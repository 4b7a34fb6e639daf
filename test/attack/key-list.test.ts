import assert from "node:assert/strict";
import { describe, test } from "vitest";
import { fromBot, fromRelay } from "../../relay/wire/envelope.ts";
import { signJws } from "../../relay/wire/jws.ts";
import type { KeyList } from "../../relay/wire/key-list.ts";
import { newKey, specOf } from "../support/scripted-bot.ts";
import { waitFor } from "../support/wait.ts";
import {
  type AttackedRelay,
  LISTED_AND_DROPPED,
  relayKeyOf,
  startAttackedRelay,
} from "./attacked-relay.ts";
import { alter, sign } from "./forgeries.ts";

const KIND = "aldis-key-list";
const mallory = newKey();
const DAY_S = 86_400;
const nowS = () => Math.floor(Date.now() / 1000);

/** A list that would make the attacker a bot. */
type Forge = (relay: AttackedRelay) => Promise<Uint8Array | string>;

const wish: Partial<KeyList> = { number: 9, keys: [mallory.publicJwk] };

const forgeries: readonly (readonly [how: string, reason: string, Forge])[] = [
  ["altered on the way", "bad-signature", altered],
  ["of another authority", "signed by another authority", ofAnother],
  ["of another authority that claims to be the pinned one", "bad-signature", underItsName],
  ["signed by a listed bot", "unknown-key", ({ bot }) => bot.keyListJws(wish, bot.key)],
  ["signed by a dropped key", "unknown-key", ({ bot }) => bot.keyListJws(wish, LISTED_AND_DROPPED)],
  ["signed by the relay's own key", "unknown-key", byTheRelay],
  ["that the relay has held before", "older than the one held", theOneBefore],
  ["that has expired", "expired", ({ bot }) => bot.keyListJws({ ...wish, exp: nowS() - 1 })],
  ["from the future", "early", fromTheFuture],
  ["of more than 64 keys", "not a key list", tooMany],
  ["of no number", "not a key list", ({ bot }) => bot.keyListJws({ ...wish, number: 0 })],
];

async function altered({ bot }: AttackedRelay): Promise<Uint8Array> {
  return alter(Buffer.from(await bot.keyListJws({ number: 9 })), wish);
}

function ofAnother({ bot }: AttackedRelay): Promise<string> {
  return bot.keyListJws({ ...wish, authority: mallory.publicJwk }, mallory);
}

function underItsName({ bot }: AttackedRelay): Promise<string> {
  return bot.keyListJws(wish, { ...mallory, kid: bot.authority.kid });
}

async function byTheRelay(relay: AttackedRelay): Promise<string> {
  return relay.bot.keyListJws(wish, await relayKeyOf(relay));
}

function theOneBefore({ bot }: AttackedRelay): Promise<string> {
  return bot.keyListJws({ number: 2, keys: [bot.key.publicJwk, LISTED_AND_DROPPED.publicJwk] });
}

function fromTheFuture({ bot }: AttackedRelay): Promise<string> {
  return bot.keyListJws({ ...wish, iat: nowS() + DAY_S, exp: nowS() + 2 * DAY_S });
}

function tooMany({ bot }: AttackedRelay): Promise<string> {
  return bot.keyListJws({ ...wish, keys: Array.from({ length: 65 }, () => mallory.publicJwk) });
}

describe("a key list", () => {
  test.each(forgeries)("%s changes nothing, and an honest one does", async (_, reason, forge) => {
    const relay = await startAttackedRelay();
    const { bot } = relay;
    const question = (nonce: string) => ({ nonce });

    bot.send(Buffer.from(await forge(relay)));
    await relay.refused(KIND, reason);
    const before = bot.presences.at(-1)?.keyListNumber;
    bot.send(await sign(relay, fromBot.challenge.typ, question("x"), { key: mallory }));
    await relay.refused(fromBot.challenge.typ, "unknown-key");
    bot.send(Buffer.from(await bot.keyListJws({ ...wish })));
    await waitFor(() => bot.presences.at(-1)?.keyListNumber === 9);
    const payload = await sign(relay, fromBot.challenge.typ, question("y"), { key: mallory });
    const answer = await bot.ask(payload, fromRelay.challengeAnswer);

    assert.equal(before, 3);
    assert.equal(answer.nonce, "y");
  });

  test("under the type of another message is none", async () => {
    const relay = await startAttackedRelay();
    const { bot } = relay;
    const list = { version: 1, number: 9, iat: nowS(), exp: nowS() + DAY_S };
    const body = { ...list, authority: bot.authority.publicJwk, keys: [mallory.publicJwk] };

    bot.send(Buffer.from(await signJws(bot.authority, "aldis-audit-head", body)));
    await relay.refused("unknown", "wrong-type");
    const before = bot.presences.at(-1)?.keyListNumber;
    bot.send(Buffer.from(await signJws(bot.authority, KIND, body)));

    await waitFor(() => bot.presences.at(-1)?.keyListNumber === 9);
    assert.equal(before, 3);
  });

  test("without any key lets nobody say anything, until there is one with keys", async () => {
    const relay = await startAttackedRelay();
    const { bot } = relay;
    bot.send(Buffer.from(await bot.keyListJws({ number: 4, keys: [] })));
    await waitFor(() => bot.presences.at(-1)?.keyListNumber === 4);

    bot.send(await sign(relay, fromBot.drain.typ, { nonce: "n", draining: true }));
    await relay.refused(fromBot.drain.typ, "unknown-key");
    bot.send(Buffer.from(await bot.keyListJws({ number: 5 })));
    await waitFor(() => bot.presences.at(-1)?.keyListNumber === 5);
    const answer = await bot.offer(specOf(["true"]));

    assert.equal(answer.refusal, undefined);
  });
});
