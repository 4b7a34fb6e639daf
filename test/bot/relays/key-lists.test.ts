import assert from "node:assert/strict";
import { onTestFinished, test } from "vitest";
import { BotError } from "../../../bot/errors.ts";
import { ensureKeyList } from "../../../bot/relays/key-lists.ts";
import { openStore, type Store } from "../../../bot/store/pool.ts";
import { signKeyList } from "../../../relay/wire/key-list.ts";
import { generateKeyPem, readSigningKey } from "../../../relay/wire/keys.ts";
import { createTestDatabase } from "../../support/postgres.ts";

async function startStore(): Promise<Store> {
  const database = await createTestDatabase();
  const store = openStore({ url: database.url, onError: () => {} });
  onTestFinished(async () => {
    await store.stop();
    await database.drop();
  });
  return store;
}

function newKeys() {
  const [signing, authority] = [generateKeyPem("ed25519"), generateKeyPem("ed25519")].map((pem) =>
    readSigningKey(pem),
  );
  assert.ok(signing && authority);
  return { signing, authority, mac: Buffer.alloc(32), made: [] };
}

function put(store: Store, number: number, jws: string) {
  return store.pool.query("insert into key_lists (number, jws) values ($1, $2)", [number, jws]);
}

const encoded = (text: string) => Buffer.from(text).toString("base64url");

test.each([
  ["", /not a signed list/],
  ["garbage", /not a signed list/],
  [`a.${encoded("{")}.b`, /not a signed list/],
  [`a.${encoded("null")}.b`, /not a signed list/],
  [`a.${encoded('{"authority":1}')}.b`, /key_lists/],
  [`a.${encoded('{"authority":{"kty":"OKP","crv":"Ed25519","x":"!"}}')}.b`, /key_lists/],
])("a row that holds %j is one line that names it", async (jws, reason) => {
  const store = await startStore();
  await put(store, 7, jws);

  const starting = ensureKeyList(store, newKeys());

  await assert.rejects(starting, (error) => {
    assert.ok(error instanceof BotError, String(error));
    assert.match(error.message, /^row 7 of the table key_lists .*restore it/);
    assert.match(error.message, reason);
    return !error.message.includes("\n");
  });
});

test("a list that is genuine does not hold under another number", async () => {
  const store = await startStore();
  const keys = newKeys();
  const { jws } = await ensureKeyList(store, keys);
  const again = await ensureKeyList(store, keys);
  await put(store, 9, jws);

  const starting = ensureKeyList(store, keys);

  assert.equal(again.jws, jws);
  await assert.rejects(starting, /row 9 of the table key_lists .*holds list 1/);
});

test("an authority that only the database names is not believed, and the one vouched for is", async () => {
  const store = await startStore();
  const { signing, authority, mac, made } = newKeys();
  const mallory = newKeys();
  const other = { signing, authority: undefined, mac, made };
  await ensureKeyList(store, { signing, authority, mac, made });
  const honest = await ensureKeyList(store, other);
  const nowS = Math.floor(Date.now() / 1000);
  const forged = await signKeyList(mallory.authority, {
    version: 1,
    number: 2,
    iat: nowS,
    exp: nowS + 90 * 86_400,
    authority: mallory.authority.publicJwk,
    keys: [signing.publicJwk, mallory.signing.publicJwk],
  });
  await put(store, 2, forged);

  const starting = ensureKeyList(store, other);

  assert.equal(honest.authority, authority.kid);
  await assert.rejects(starting, /vouched for the authority/);
});
