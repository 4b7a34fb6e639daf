import assert from "node:assert/strict";
import { afterAll, beforeAll, describe, test } from "vitest";
import { type Recording, recordInvocation } from "../../../bot/audit/record.ts";
import { openStore, type Store } from "../../../bot/store/pool.ts";
import { defaultWorkspace } from "../../../bot/store/workspaces.ts";
import { uuidv7 } from "../../../relay/wire/ids.ts";
import { createTestDatabase, type TestDatabase } from "../../support/postgres.ts";

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

function recording(): Recording {
  return {
    workspaceId,
    invocation: {
      id: uuidv7(),
      adapter: "console",
      installation: "local",
      channel: "console",
      messageId: uuidv7(),
      textMac: "",
      providerUser: "ada",
      decision: "unknown",
      outcome: "unknown",
    },
    detail: { text: "!nosuch" },
  };
}

/** The real store, whose answers are lost after the commit as often as it is said. */
function losing(times: number, before: boolean): Store {
  let left = times;
  return {
    ...store,
    async call(name, args) {
      const isLost = left-- > 0;
      const fault = Object.assign(new Error("gone"), {
        code: before ? "ECONNREFUSED" : "ECONNRESET",
      });
      if (isLost && before) throw fault;
      const answer = await store.call(name, args);
      if (isLost) throw fault;
      return answer;
    },
  };
}

async function rowsOf({ invocation }: Recording): Promise<number | null> {
  return store.inWorkspace(workspaceId, async (db) => {
    const { rowCount } = await db.execute(`select from invocations where id = '${invocation.id}'`);
    return rowCount;
  });
}

describe("recording", () => {
  test("is done once, and a repeated message is a duplicate", async () => {
    const first = recording();
    const again = { ...first, invocation: { ...first.invocation, id: uuidv7() } };

    assert.equal(await recordInvocation(store, first), "recorded");
    assert.equal(await recordInvocation(store, again), "duplicate");
    assert.equal(await rowsOf(first), 1);
  });

  test("finds out what a lost answer was", async () => {
    const lost = recording();

    assert.equal(await recordInvocation(losing(2, false), lost), "recorded");
    assert.equal(await rowsOf(lost), 1);
  });

  test("never says that nothing was written when it cannot know", async () => {
    const lost = recording();

    await assert.rejects(recordInvocation(losing(99, false), lost), { code: "not-known" });
    assert.equal(await rowsOf(lost), 1);
  });

  test("says that nothing was written when the database was never reached", async () => {
    const never = recording();

    await assert.rejects(recordInvocation(losing(99, true), never), { code: "not-recorded" });
    assert.equal(await rowsOf(never), 0);
  });

  test("is refused when it was decided under an older version of who may do what", async () => {
    const stale = { ...recording(), decidedUnder: 0 };

    assert.equal(await recordInvocation(store, stale), "stale");
    assert.equal(await rowsOf(stale), 0);
  });
});
