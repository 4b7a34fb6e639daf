import assert from "node:assert/strict";
import { afterAll, afterEach, beforeAll, describe, test, vi } from "vitest";
import { uuidv7 } from "../../../relay/wire/ids.ts";
import { startTestBot, type TestBot } from "../../support/bot.ts";
import { type NativeRelay, startNativeRelay } from "../../support/native-relay.ts";
import { createTestDatabase, type TestDatabase } from "../../support/postgres.ts";
import { withClient } from "../../support/postgres-cluster.ts";
import { type PostgresProxy, startPostgresProxy, type Way } from "../../support/postgres-proxy.ts";
import { waitFor } from "../../support/wait.ts";
import { checkGoesOn, type Outcome, outcomeOf } from "./fault-outcome.ts";

vi.setConfig({ testTimeout: 60_000 });

/** The connection to Postgres breaks at each statement between a line and its end. */
let database: TestDatabase;
let proxy: PostgresProxy;
let bot: TestBot;
let relay: NativeRelay;

beforeAll(async () => {
  database = await createTestDatabase();
  proxy = await startPostgresProxy(database.url);
  bot = await startTestBot({ database: { ...database, url: proxy.url } });
  relay = await startNativeRelay(bot);
});

afterEach(() => checkGoesOn(bot, relay));

afterAll(async () => {
  await relay.stop();
  await bot.close();
  await proxy.stop();
  await database.drop();
});

function say(change: { messageId?: string } = {}) {
  const { line, mark } = relay.command();
  const messageId = change.messageId ?? uuidv7();
  return { talk: bot.say(line, { messageId }), messageId, mark };
}

const steps: readonly (readonly [step: string, statement: RegExp])[] = [
  // A statement that only reading a workspace makes: any other would be taken by the sweep.
  ["its workspace is read", /from "operator_rules"/],
  ["its caller is read", /with account as/],
  ["it is recorded", /select record_invocation\(/],
  ["its claim is granted", /select start_execution\(/],
  ["its output is stored", /select store_output\(/],
  ["its result is stored", /select settle_execution\(/],
];
const ways: readonly Way[] = [
  "cut before it is sent",
  "cut, and executed later",
  "cut before its answer",
  "held",
];

describe.each(steps)("while %s", (step, statement) => {
  test.each(ways)("%s", async (way) => {
    bot.views.forget(bot.workspaceId);
    const fault = proxy.on(statement, way);
    const said = say();
    await fault.met;
    if (way === "cut, and executed later") await whatTheCutMakesOf(said);
    fault.release();

    const outcome = await outcomeOf(database.ownerUrl, relay, said);

    assert.deepEqual(outcome, expected(step, way, outcome));
  });

  /** Until the bot has gone on without the answer, or has given up. */
  async function whatTheCutMakesOf({ messageId, talk }: ReturnType<typeof say>): Promise<void> {
    const isSettled = async () => talk.answers.length > 0 || (await isRecorded(messageId));
    await waitFor(isSettled, { timeoutMs: 10_000, what: "the bot to go on" });
  }
});

/** Reading may fail, and then nothing was run; from the record on it runs, and only once. */
function expected(step: string, way: Way, { told }: Outcome): Outcome {
  if (/read$/.test(step) && way !== "held") {
    assert.match(told, /the database cannot be reached: nothing was run, try again/);
    return { ran: 0, state: undefined, told };
  }
  return { ran: 1, state: "succeeded", told: "ended: succeeded" };
}

async function isRecorded(messageId: string): Promise<boolean> {
  return withClient(database.ownerUrl, async (owner) => {
    const found = await owner.query("select from invocations where message_id = $1", [messageId]);
    return found.rowCount === 1;
  });
}

describe("a record that cannot be made", () => {
  test("because the commit is refused: nothing is run, and that is said", async () => {
    await withClient(database.ownerUrl, (owner) =>
      owner.query(`
        create function refuse_commit() returns trigger language plpgsql as
          $$ begin raise exception 'no space left'; end $$;
        create constraint trigger refuse_commit after insert on executions
          deferrable initially deferred for each row execute function refuse_commit()`),
    );
    const said = say();
    const outcome = await outcomeOf(database.ownerUrl, relay, said);
    const isThere = await isRecorded(said.messageId);
    await withClient(database.ownerUrl, (owner) =>
      owner.query("drop trigger refuse_commit on executions; drop function refuse_commit()"),
    );

    assert.equal(outcome.told, "the database refused it: nothing was run, try again");
    assert.equal(isThere, false);
  });

  test("because the database is gone before it is asked: nothing is run, and that is said", async () => {
    proxy.down();
    bot.views.forget(bot.workspaceId);
    const said = say();
    await said.talk.done;
    proxy.up();

    const outcome = await outcomeOf(database.ownerUrl, relay, said);
    assert.match(outcome.told, /nothing was run/);
  });

  test("or so it seems, when the database stays away: it is called unknown, and ends by itself", async () => {
    const fault = proxy.on(/select record_invocation\(/, "cut before its answer");
    const said = say();
    await fault.met;
    proxy.down();
    await said.talk.done;
    proxy.up();

    const outcome = await outcomeOf(database.ownerUrl, relay, said);
    assert.match(outcome.told, /may still run; look with ps/);
    assert.equal(outcome.ran, 1);
  });
});

describe("one message delivered twice", () => {
  test("at once to two bots runs once, and is answered once", async () => {
    const { directory } = bot;
    const other = await startTestBot({ database, directory });
    const { line, mark } = relay.command();
    const messageId = uuidv7();
    const talks = [bot.say(line, { messageId }), other.say(line, { messageId })];
    await Promise.all(talks.map(({ done }) => done));
    await other.close();

    assert.equal(await relay.timesRun(mark), 1);
    assert.equal(talks.filter(({ end }) => end !== undefined).length, 1);
    assert.deepEqual(
      talks.flatMap(({ answers }) => answers),
      [],
    );
  });

  test("again after the bot was started again runs once, and is answered once", async () => {
    const first = say();
    await first.talk.done;
    const { directory } = bot;
    const next = await startTestBot({ database, directory });
    const again = next.say(`!probe:mark ${first.mark}`, { messageId: first.messageId });
    await again.done;
    await next.close();

    assert.equal(first.talk.end?.state, "succeeded");
    assert.deepEqual([again.end, again.answers], [undefined, []]);
    assert.equal(await relay.timesRun(first.mark), 1);
  });
});
