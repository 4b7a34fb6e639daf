import assert from "node:assert/strict";
import pg from "pg";
import { afterAll, beforeAll, describe, test } from "vitest";
import { fromRelay, signAsRelay } from "../../../relay/wire/envelope.ts";
import { generateKeyPem, readSigningKey } from "../../../relay/wire/keys.ts";
import { DEMO, startTestBot, type Talk, type TestBot } from "../../support/bot.ts";
import { changeEnrolled } from "../../support/enrolled.ts";
import type { ScriptedRelay } from "../../support/scripted-relay.ts";
import { waitFor } from "../../support/wait.ts";

let bot: TestBot;
let relay: ScriptedRelay;
let app: pg.Client;
const talks: Talk[] = [];

beforeAll(async () => {
  bot = await startTestBot();
  await bot.install(DEMO);
  relay = await bot.relay("honest");
  app = new pg.Client(bot.database.url);
  await app.connect();
  await app.query(`set aldis.workspace = '${bot.workspaceId}'`);
});

afterAll(async () => {
  await app.query(
    `update executions set state = 'cancelled', ended_at = now()
     where state in ('queued', 'offered', 'started')`,
  );
  await Promise.all(talks.map(({ done }) => done));
  await app.end();
  await bot.close();
});

interface About {
  executionId: string;
  attempt: number;
}

async function started(text: string): Promise<About> {
  const before = relay.offers.length;
  // Nothing here ends: without it the bot would take the relay for full.
  await relay.announce();
  talks.push(bot.say(text));
  await waitFor(() => relay.offers.length > before);
  const offer = relay.offers[before] ?? assert.fail();
  const about = { executionId: offer.spec.executionId, attempt: offer.attempt };
  assert.equal((await relay.claim(about)).granted, true);
  return about;
}

/** As whoever writes to the database may: a result, and then back into the queue. */
async function putBack({ executionId, attempt }: About, jws: string): Promise<void> {
  await app.query(
    `insert into results (workspace_id, execution_id, attempt, jws, output_length, output_digest,
       output_cut) values ($1, $2, $3, $4, 0, '', false)`,
    [bot.workspaceId, executionId, attempt, jws],
  );
  await app.query(
    `update executions set state = 'queued', attempt = attempt + 1, relay_id = null, epoch = null,
       queued_at = now() where id = $1`,
    [executionId],
  );
}

async function resultOf(about: About, status: "not-begun" | "failed", key = relay.key) {
  const body = {
    ...about,
    epoch: relay.epoch,
    status,
    endedAt: new Date().toISOString(),
    durationMs: 0,
    outputLength: 0,
    outputDigest: "",
    outputCut: false,
  };
  return Buffer.from(await signAsRelay(key, fromRelay.result, body)).toString("latin1");
}

async function isReported({ executionId }: About): Promise<boolean> {
  const { rowCount } = await app.query(
    "select from audit_events where kind = 'execution.forged' and object = 'execution:' || $1",
    [executionId],
  );
  return rowCount === 1;
}

function offersOf({ executionId }: About): number[] {
  const mine = relay.offers.filter(({ spec }) => spec.executionId === executionId);
  return mine.map(({ attempt }) => attempt);
}

const ELSE = "0198c5f2-7d3a-7000-8000-000000000000";

const FORGED: readonly (readonly [string, (about: About) => string | Promise<string>])[] = [
  ["is no signed message", () => "x"],
  [
    "another key has signed",
    (about) => resultOf(about, "not-begun", readSigningKey(generateKeyPem("ed25519"))),
  ],
  ["is about another execution", () => resultOf({ executionId: ELSE, attempt: 1 }, "not-begun")],
  ["is about another attempt", (about) => resultOf({ ...about, attempt: 2 }, "not-begun")],
  ["says that it ran", (about) => resultOf(about, "failed")],
];

describe("a started execution that is put back by hand", () => {
  test.each(FORGED)("with a result that %s is reported and not offered", async (_, forge) => {
    const about = await started("!echo once");

    await putBack(about, await forge(about));
    await waitFor(() => isReported(about));

    assert.deepEqual(offersOf(about), [1]);
  });

  test("is found out also after it was put into the queue a second time", async () => {
    const about = await started("!echo twice");

    await putBack(about, "x");
    await waitFor(() => isReported(about));
    await app.query(
      `update executions set state = 'offered', relay_id = $2, epoch = $3,
         offered_at = now() - interval '1 hour' where id = $1`,
      [about.executionId, relay.id, relay.epoch],
    );
    await waitFor(async () => (await attemptOf(about)) === 3);
    // The control is offered by the sweep too, and is younger.
    const control = await started("!echo control");
    await putBack(control, await resultOf(control, "not-begun"));
    await waitFor(() => offersOf(control).length === 2);

    assert.deepEqual(offersOf(about), [1]);
  });

  test("is offered where it was the key before, if it had begun before the change", async () => {
    const replaced = readSigningKey(generateKeyPem("ed25519"));
    const [early, late] = [await started("!echo early"), await started("!echo late")];
    const changedAt = async (keysChangedAt: Date) => {
      const key = { previousSigningKey: replaced.publicJwk, keysChangedAt };
      const it = { workspaceId: bot.workspaceId, id: relay.id };
      await changeEnrolled(bot.dispatch, it, key);
      await bot.dispatch.registry.refresh();
    };

    await changedAt(new Date(Date.now() - 60_000));
    await putBack(late, await resultOf(late, "not-begun", replaced));
    await waitFor(() => isReported(late));
    await changedAt(new Date(Date.now() + 60_000));
    await putBack(early, await resultOf(early, "not-begun", replaced));
    await waitFor(() => offersOf(early).length === 2);

    assert.deepEqual(offersOf(late), [1]);
    assert.equal(await isReported(early), false);
  });

  test("is offered where the relay has signed that nothing began", async () => {
    const about = await started("!echo again");

    await putBack(about, await resultOf(about, "not-begun"));
    await waitFor(() => offersOf(about).length === 2);

    assert.deepEqual(offersOf(about), [1, 2]);
    assert.equal(await isReported(about), false);
  });
});

async function attemptOf({ executionId }: About): Promise<number> {
  const { rows } = await app.query("select attempt from executions where id = $1", [executionId]);
  return rows[0]?.attempt;
}
