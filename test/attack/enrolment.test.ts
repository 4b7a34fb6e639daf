import assert from "node:assert/strict";
import { afterAll, beforeAll, describe, test } from "vitest";
import { fromRelay } from "../../relay/wire/envelope.ts";
import { randomName } from "../../relay/wire/ids.ts";
import { inboxOfToken, parseJoinToken } from "../../relay/wire/join-token.ts";
import { generateKeyPem, readSigningKey } from "../../relay/wire/keys.ts";
import { EnrolAnswer } from "../../relay/wire/messages.ts";
import { ENROL } from "../../relay/wire/subjects.ts";
import { startTestBot, type TestBot } from "../support/bot.ts";
import { newKey } from "../support/scripted-bot.ts";
import { counted, refusing } from "./attacked-bot.ts";
import { alter } from "./forgeries.ts";
import { signed } from "./relay-forgeries.ts";

let bot: TestBot;
const sealing = readSigningKey(generateKeyPem("x25519")).publicJwk;

beforeAll(async () => {
  bot = await startTestBot({ env: { ALDIS_STOP_DEADLINE: "1s" } });
});
afterAll(() => bot.close());

/** Somebody who knows a join token, and what it asks for. */
async function newcomer() {
  const invited = parseJoinToken(await bot.joinToken(`edge-${randomName()}`));
  assert.ok(invited);
  const { token } = invited;
  const key = newKey();
  const body = { token, signingKey: key.publicJwk, sealingKey: sealing, hostname: "test" };
  const request = await signed(key, fromRelay.enrol.typ, body);
  const bus = bot.bus.connect({ onError: () => {} });
  async function ask(payload: Uint8Array, inbox = inboxOfToken(token)) {
    const wish = { timeoutMs: 500, replyTo: `${inbox}.${randomName()}` };
    const answer = await bus.request(ENROL, payload, wish).catch(() => undefined);
    return answer && EnrolAnswer.parse(JSON.parse(Buffer.from(answer).toString())).ok;
  }
  return { key, body, request, ask };
}

const of = (reason: string) => ({ relayId: null, kind: "enrol", reason });

describe("a request to become a relay", () => {
  test("that was altered is refused and on record, and the honest one is taken", async () => {
    const { request, ask } = await newcomer();
    const other = newKey();
    let taken: boolean | undefined;

    await refusing(bot, of("unknown-key"), async () => {
      taken = await ask(alter(request, { signingKey: other.publicJwk }));
    });
    await refusing(bot, of("bad-signature"), () => ask(alter(request, { hostname: "forged" })));

    assert.equal(taken, false);
    assert.equal(await ask(request), true);
  });

  test("with a token that another has used is refused and on record", async () => {
    const { body, request, ask } = await newcomer();
    const thief = newKey();
    const stolen = { ...body, signingKey: thief.publicJwk };
    const first = await ask(request);
    let taken: boolean | undefined;

    await refusing(bot, of("not-allowed"), async () => {
      taken = await ask(await signed(thief, fromRelay.enrol.typ, stolen));
    });

    assert.deepEqual([first, taken], [true, false]);
    assert.equal(await ask(request), true);
  });

  test("with no token that is known is refused and counted", async () => {
    const { key, body, request, ask } = await newcomer();
    const token = randomName().repeat(3);
    const before = await counted(bot, of("unknown-token"));

    const guessed = await signed(key, fromRelay.enrol.typ, { ...body, token });
    const taken = await ask(guessed, inboxOfToken(token));

    assert.equal(taken, false);
    assert.equal(await counted(bot, of("unknown-token")), before + 1);
    assert.equal(await ask(request), true);
  });
});
