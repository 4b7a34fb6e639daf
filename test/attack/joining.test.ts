import assert from "node:assert/strict";
import { join } from "node:path";
import { beforeEach, describe, test } from "vitest";
import { type Joined, joinRelay } from "../../relay/enrol.ts";
import { readIdentity } from "../../relay/identity.ts";
import { createMemoryBus, type MemoryBus } from "../../relay/process/memory-bus.ts";
import { enrolment, newcomerAudience } from "../../relay/wire/enrolment.ts";
import { signAsBot } from "../../relay/wire/envelope.ts";
import { uuidv7 } from "../../relay/wire/ids.ts";
import type { JoinToken } from "../../relay/wire/join-token.ts";
import { signKeyList } from "../../relay/wire/key-list.ts";
import { type SigningKey, thumbprint } from "../../relay/wire/keys.ts";
import { EnrolRequest } from "../../relay/wire/messages.ts";
import { ENROL } from "../../relay/wire/subjects.ts";
import { bodyOf } from "../model/permits.ts";
import { temporaryDirectory } from "../relay/relay-under-test.ts";
import { newKey } from "../support/scripted-bot.ts";

const [AUTHORITY, BOT, DROPPED, STRANGER] = [newKey(), newKey(), newKey(), newKey()];
const [honestId, forgedId] = [uuidv7(), uuidv7()];
const token: JoinToken = {
  v: 1,
  token: "t".repeat(43),
  authority: AUTHORITY.kid,
  keyListNumber: 2,
};
/** As a bot of the version before gives it out: with that, nothing here is defended. */
const { keyListNumber: _, ...undefended } = token;

let wire: MemoryBus;

beforeEach(() => {
  wire = createMemoryBus();
});

interface Answering {
  relayId: string;
  signer?: SigningKey;
  /** The bots on its list, and its number. */
  list?: { number: number; keys: SigningKey[]; expS?: number };
  /** For whom it was made. */
  about?: { token?: string; kid?: string };
}

const CURRENT = { number: 2, keys: [BOT] };

async function answerTo(request: Uint8Array, wish: Answering): Promise<Uint8Array> {
  const { relayId, signer, list = CURRENT, about = {} } = wish;
  const asked = EnrolRequest.parse(bodyOf(request));
  const keyList = await listOf(list);
  const gift = { relayId, name: "web-1", tags: { role: "web" }, keyList };
  const kid = about.kid ?? thumbprint(asked.signingKey);
  const aud = newcomerAudience(about.token ?? asked.token, kid);
  const to = { iss: "bot", aud, nowMs: Date.now(), ttlMs: 30_000 };
  const signed = signer && Buffer.from(await signAsBot(signer, enrolment, to, gift)).toString();
  return Buffer.from(JSON.stringify({ version: 1, ok: true, ...gift, ...(signed && { signed }) }));
}

function listOf({ number, keys, expS = 60 }: NonNullable<Answering["list"]>): Promise<string> {
  const nowS = Math.floor(Date.now() / 1000);
  return signKeyList(AUTHORITY, {
    version: 1,
    number,
    iat: nowS - 3600,
    exp: nowS + expS,
    authority: AUTHORITY.publicJwk,
    keys: keys.map(({ publicJwk }) => publicJwk),
  });
}

/** Joins where whoever listens answers so, one after the other. */
async function joining(answers: readonly Answering[], by: JoinToken = token) {
  const others = wire.connect({ onError: () => {} });
  const listening = others.subscribe(ENROL, {}, async ({ payload, respond }) => {
    for (const wish of answers) respond(await answerTo(payload, wish));
  });
  const directory = join(await temporaryDirectory(), "relay");
  const bus = wire.connect({ onError: () => {} });
  const joined: Joined = await joinRelay({
    bus,
    token: by,
    directory,
    hostname: "host",
    timeoutMs: 300,
  });
  listening.unsubscribe();
  const kept = await readIdentity(directory);
  return { relayId: kept?.relayId, reason: joined.ok ? undefined : joined.reason };
}

const HONEST: Answering = { relayId: honestId, signer: BOT };

const FORGED: readonly (readonly [string, Answering, RegExp])[] = [
  ["that nobody has signed", { relayId: forgedId }, /no bot .* has signed it \(malformed\)/],
  [
    "that a stranger has signed",
    { relayId: forgedId, signer: STRANGER },
    /has signed it \(unknown-key\)/,
  ],
  [
    "with a list from before the token, by a bot that was on it",
    { relayId: forgedId, signer: DROPPED, list: { number: 1, keys: [BOT, DROPPED] } },
    /older than the join token/,
  ],
  [
    "with a list that has expired",
    { relayId: forgedId, signer: BOT, list: { ...CURRENT, expS: -1 } },
    /unknown-key/,
  ],
  [
    "that was made for another token",
    { relayId: forgedId, signer: BOT, about: { token: "u".repeat(43) } },
    /wrong-audience/,
  ],
  [
    "that was made for another key",
    { relayId: forgedId, signer: BOT, about: { kid: STRANGER.kid } },
    /wrong-audience/,
  ],
];

describe("a newcomer", () => {
  test("becomes what a bot on the list has signed for it", async () => {
    assert.deepEqual(await joining([HONEST]), { relayId: honestId, reason: undefined });
  });

  test.each(FORGED)("believes no answer %s", async (_, forged, reason) => {
    const defended = await joining([forged]);
    const control = await joining([forged], undefended);

    assert.equal(defended.relayId, undefined);
    assert.match(defended.reason ?? "", reason);
    assert.equal(control.relayId, forgedId);
  });

  test.each(FORGED)("is not kept from the honest answer by one %s", async (_, forged) => {
    assert.equal((await joining([forged, HONEST])).relayId, honestId);
  });
});
