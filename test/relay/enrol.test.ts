import assert from "node:assert/strict";
import { mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, test } from "vitest";
import { joinRelay } from "../../relay/enrol.ts";
import { ensureKeys, readIdentity } from "../../relay/identity.ts";
import { createMemoryBus, type MemoryBus } from "../../relay/process/memory-bus.ts";
import { fromRelay, openFromRelay } from "../../relay/wire/envelope.ts";
import { uuidv7 } from "../../relay/wire/ids.ts";
import { signKeyList } from "../../relay/wire/key-list.ts";
import { readVerifyingKey, type SigningKey } from "../../relay/wire/keys.ts";
import type { EnrolAnswer } from "../../relay/wire/messages.ts";
import { ENROL } from "../../relay/wire/subjects.ts";
import { newKey } from "../support/scripted-bot.ts";
import { temporaryDirectory } from "./relay-under-test.ts";

let wire: MemoryBus;
let directory: string;
const authority = newKey();
const relayId = uuidv7();
const token = { v: 1, token: "t".repeat(43), authority: authority.kid } as const;

beforeEach(async () => {
  wire = createMemoryBus();
  directory = join(await temporaryDirectory(), "relay");
});

function joining(change: { token?: typeof token } = {}) {
  const bus = wire.connect({ onError: () => {} });
  return joinRelay({ bus, token, directory, hostname: "host", timeoutMs: 500, ...change });
}

function keyListBy(signer: SigningKey): Promise<string> {
  const nowS = Math.floor(Date.now() / 1000);
  const list = { version: 1, number: 1, iat: nowS, exp: nowS + 60, keys: [] } as const;
  return signKeyList(signer, { ...list, keys: [], authority: signer.publicJwk });
}

/** Takes each newcomer that has signed with the key that it brings. */
function serve(answer: (signingKey: string) => Promise<unknown>): string[] {
  const bus = wire.connect({ onError: () => {} });
  const seen: string[] = [];
  bus.subscribe(ENROL, {}, async (message) => {
    const { signing } = await ensureKeys(directory);
    const key = readVerifyingKey(signing.publicJwk);
    const opened = await openFromRelay(fromRelay.enrol, message.payload, key);
    const x = opened.ok ? opened.message.signingKey.x : "not signed by its own key";
    seen.push(x);
    message.respond(Buffer.from(JSON.stringify(await answer(x))));
  });
  return seen;
}

async function welcome(): Promise<EnrolAnswer> {
  const keyList = await keyListBy(authority);
  return { version: 1, ok: true, relayId, name: "web-1", tags: { role: "web" }, keyList };
}

describe("joining", () => {
  test("keeps what the bot gave, for this user only", async () => {
    serve(welcome);

    const joined = await joining();

    assert.ok(joined.ok);
    const identity = await readIdentity(directory);
    assert.deepEqual(identity, joined.identity);
    assert.deepEqual([identity?.name, identity?.authority], ["web-1", authority.kid]);
    const files = await readdir(directory);
    assert.deepEqual(files.toSorted(), [
      "identity.json",
      "key-list.jws",
      "sealing.pem",
      "signing.pem",
    ]);
    for (const file of files) {
      assert.equal((await stat(join(directory, file))).mode & 0o777, 0o600, file);
    }
  });

  test("brings the same key when it is tried again", async () => {
    const seen = serve(async () => ({ version: 1, ok: false, reason: "the database is away" }));

    const first = await joining();
    const second = await joining();

    assert.deepEqual([first.ok, second.ok], [false, false]);
    assert.equal(seen.length, 2);
    assert.equal(new Set(seen).size, 1);
    assert.equal(await readIdentity(directory), undefined);
  });

  test("says what the bot had against it", async () => {
    serve(async () => ({ version: 1, ok: false, reason: "this join token has been used" }));

    assert.deepEqual(await joining(), { ok: false, reason: "this join token has been used" });
  });

  test("says that no bot answers", async () => {
    const joined = await joining();

    assert.ok(!joined.ok);
    assert.match(joined.reason, /no bot listens/);
  });

  test.each<[string, () => Promise<unknown>]>([
    ["is not JSON's idea of an answer", async () => ({ hello: "world" })],
    ["names keys of another authority", async () => foreign(newKey())],
    [
      "names keys under the authority's name",
      async () => foreign({ ...newKey(), kid: authority.kid }),
    ],
    ["carries no key list", async () => ({ ...(await welcome()), keyList: "" })],
  ])("believes no answer that %s", async (_, answer) => {
    serve(answer);

    const joined = await joining();

    assert.equal(joined.ok, false);
    assert.equal(await readIdentity(directory), undefined);
  });

  test("a second time, with another authority, is refused", async () => {
    serve(welcome);
    await joining();

    const joined = await joining({ token: { ...token, authority: newKey().kid } });

    assert.ok(!joined.ok);
    assert.match(joined.reason, /has joined a bot as "web-1"/);
    assert.equal((await readIdentity(directory))?.authority, authority.kid);
  });
});

test("a damaged identity is named, not guessed at", async () => {
  await mkdir(directory);
  await writeFile(join(directory, "identity.json"), "{");

  await assert.rejects(readIdentity(directory), /identity\.json is damaged/);
});

test("keys are made once", async () => {
  const first = await ensureKeys(directory);
  const pem = await readFile(join(directory, "signing.pem"), "utf8");
  const second = await ensureKeys(directory);

  assert.equal(first.signing.kid, second.signing.kid);
  assert.notEqual(first.signing.kid, first.sealing.kid);
  assert.equal(await readFile(join(directory, "signing.pem"), "utf8"), pem);
});

async function foreign(signer: SigningKey): Promise<unknown> {
  return { ...(await welcome()), keyList: await keyListBy(signer) };
}
