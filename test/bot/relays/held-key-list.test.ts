import assert from "node:assert/strict";
import { afterAll, beforeAll, beforeEach, describe, test } from "vitest";
import { holdKeyList } from "../../../bot/relays/held-key-list.ts";
import { ensureKeyList } from "../../../bot/relays/key-lists.ts";
import { openStore, type Store } from "../../../bot/store/pool.ts";
import { defaultWorkspace } from "../../../bot/store/workspaces.ts";
import { createLogger } from "../../../relay/process/logger.ts";
import { uuidv7 } from "../../../relay/wire/ids.ts";
import { createTestDatabase, type TestDatabase } from "../../support/postgres.ts";
import { newKey } from "../../support/scripted-bot.ts";

const ACTOR = { userId: uuidv7(), method: "test" };
const [authority, mac] = [newKey(), Buffer.alloc(32, 1)];
let database: TestDatabase;
let store: Store;
let workspaceId: string;

beforeAll(async () => {
  database = await createTestDatabase();
  store = openStore({ url: database.url, onError: () => {} });
  workspaceId = await defaultWorkspace(store);
});
afterAll(async () => {
  await store.stop();
  await database.drop();
});

let lines: string[];
beforeEach(() => {
  lines = [];
});

/** A bot that has started, with the authority key or without. */
async function botWith(signing = newKey(), holdsAuthority = true) {
  const log = createLogger({
    level: "error",
    destination: { write: (line: string) => void lines.push(line) },
  });
  const keys = { signing, mac, made: [], authority };
  const first = await ensureKeyList(store, keys);
  const held = { ...keys, authority: holdsAuthority ? authority : undefined };
  return { signing, list: holdKeyList({ store, keys: held, log }, first) };
}

describe("dropping a bot's key", () => {
  test("signs the next list without it, which every bot takes and puts on record", async () => {
    const [old, present] = [await botWith(), await botWith()];
    const before = present.list.current().list.number;

    const dropped = await present.list.drop(workspaceId, old.signing.kid, ACTOR);
    await old.list.refresh();

    assert.deepEqual(dropped, { ok: true, changed: true, value: before + 1 });
    for (const { list } of [old, present]) {
      assert.equal(list.current().list.number, before + 1);
      assert.ok(!list.keys().some(({ kid }) => kid === old.signing.kid));
    }
    assert.match(lines.join(), /taken off the key list/);
  });

  test("is refused for the key that the bot itself signs with", async () => {
    const { signing, list } = await botWith();

    const outcome = await list.drop(workspaceId, signing.kid, ACTOR);

    assert.ok(!outcome.ok);
    assert.equal(outcome.reason, "conflict");
    assert.ok(list.keys().some(({ kid, isOwn }) => isOwn && kid === signing.kid));
  });

  test("is refused for a key that is not listed", async () => {
    const { list } = await botWith();

    const outcome = await list.drop(workspaceId, newKey().kid, ACTOR);

    assert.ok(!outcome.ok && outcome.reason === "not-found");
  });

  test("is refused by a bot without the authority key", async () => {
    const old = await botWith();
    const { list } = await botWith(newKey(), false);

    const outcome = await list.drop(workspaceId, old.signing.kid, ACTOR);

    assert.ok(!outcome.ok);
    assert.match(outcome.message, /does not hold the authority key/);
  });

  test("stands when another bot signs the same number at that moment", async () => {
    const [old, first, second] = [await botWith(), await botWith(), await botWith()];

    const outcomes = await Promise.all(
      [old.signing.kid, first.signing.kid].map((kid) => second.list.drop(workspaceId, kid, ACTOR)),
    );

    assert.deepEqual(
      outcomes.map(({ ok }) => ok),
      [true, true],
    );
    const kids = second.list.keys().map(({ kid }) => kid);
    assert.ok(!kids.includes(old.signing.kid) && !kids.includes(first.signing.kid));
  });
});
