import assert from "node:assert/strict";
import { afterAll, beforeAll, test } from "vitest";
import { fromRelay, signAsRelay } from "../../../relay/wire/envelope.ts";
import { inboxOfToken, parseJoinToken } from "../../../relay/wire/join-token.ts";
import { generateKeyPem, readSigningKey, type SigningKey } from "../../../relay/wire/keys.ts";
import { EnrolAnswer } from "../../../relay/wire/messages.ts";
import { ENROL } from "../../../relay/wire/subjects.ts";
import { startTestBot, type TestBot } from "../../support/bot.ts";

let bot: TestBot;
let count = 0;

beforeAll(async () => {
  bot = await startTestBot();
});
afterAll(() => bot.close());

interface Wish {
  signer?: SigningKey;
  natsUser?: string;
  replyTo?: string;
}

/** A newcomer that asks with one token and key, as each wish says. */
async function newcomer() {
  const invited = parseJoinToken(await bot.joinToken(`edge-${++count}`));
  assert.ok(invited);
  const { token } = invited;
  const key = readSigningKey(generateKeyPem("ed25519"));
  const sealing = readSigningKey(generateKeyPem("x25519"));
  const bus = bot.bus.connect({ onError: () => {} });

  async function ask({
    signer = key,
    natsUser,
    replyTo = `${inboxOfToken(token)}.${++count}`,
  }: Wish) {
    const request = await signAsRelay(signer, fromRelay.enrol, {
      token,
      signingKey: key.publicJwk,
      sealingKey: sealing.publicJwk,
      hostname: "test",
      ...(natsUser !== undefined && { natsUser }),
    });
    const reply = await bus.request(ENROL, request, { timeoutMs: 1_000, replyTo });
    const answer = EnrolAnswer.parse(JSON.parse(Buffer.from(reply).toString()));
    return answer.ok ? answer.relayId : answer.reason;
  }
  return ask;
}

test("an answer goes to the inbox of the token, and nowhere else", async () => {
  const ask = await newcomer();

  const elsewhere = ask({ replyTo: "_INBOX.somebody.1" });

  await assert.rejects(elsewhere, { code: "timeout" });
  assert.match(await ask({}), /^[0-9a-f-]{36}$/);
});

test("who brings a key must hold it", async () => {
  const ask = await newcomer();

  const forged = await ask({ signer: readSigningKey(generateKeyPem("ed25519")) });

  assert.match(forged, /not signed by the key that it brings/);
});

test("the same NATS user is taken again, one that was not there yet too, and another is not", async () => {
  const ask = await newcomer();
  const [mine, another] = [`U${"A".repeat(55)}`, `U${"B".repeat(55)}`];
  const relayId = await ask({});

  const added = await ask({ natsUser: mine });
  const again = await ask({ natsUser: mine });
  const other = await ask({ natsUser: another });

  assert.deepEqual([added, again], [relayId, relayId]);
  assert.equal(other, "this join token has been used");
});
