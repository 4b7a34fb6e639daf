import assert from "node:assert/strict";
import pg from "pg";
import { afterAll, beforeAll, beforeEach, describe, test } from "vitest";
import { cancelExecution } from "../../../bot/dispatch/cancel.ts";
import { findExecution } from "../../../bot/dispatch/executions.ts";
import { fromRelay, signAsRelay } from "../../../relay/wire/envelope.ts";
import { randomName, uuidv7 } from "../../../relay/wire/ids.ts";
import { generateKeyPem, readSigningKey } from "../../../relay/wire/keys.ts";
import { inboxOf, upFrom } from "../../../relay/wire/subjects.ts";
import { DEMO, startTestBot, type TestBot } from "../../support/bot.ts";
import type { ScriptedRelay } from "../../support/scripted-relay.ts";
import { waitFor } from "../../support/wait.ts";

const HASTY = `
aldis_bundle_version: 1
name: hasty
version: 1.0.0
description: Does not wait long for a claim.
commands:
  say:
    description: Prints.
    executable: [/bin/echo]
    native: true
    offer_timeout: 200ms
    rules: [allow]
`;

const FORGETFUL = HASTY.replace("name: hasty", "name: forgetful").replace(
  "offer_timeout: 200ms",
  "lost_after: 300ms",
);

let bot: TestBot;
let owner: pg.Client;
let relay: ScriptedRelay;
let count = 0;

beforeAll(async () => {
  bot = await startTestBot();
  await bot.install(DEMO);
  owner = new pg.Client(bot.database.ownerUrl);
  await owner.connect();
});

beforeEach(async () => {
  relay = await bot.relay(`relay-${++count}`);
  return async () => {
    relay.stop();
    await relay.announce({ draining: true });
    await waitFor(() => bot.dispatch.registry.find(relay.id)?.presence?.draining === true);
  };
});

afterAll(async () => {
  await owner.end();
  await bot.close();
});

function stateOf(executionId: string | undefined) {
  return findExecution(bot.store, bot.workspaceId, executionId ?? "").then((row) => row?.state);
}

async function kindsOf(executionId: string | undefined): Promise<string[]> {
  const { rows } = await owner.query<{ kind: string }>(
    "select kind from audit_events where execution_id = $1 order by at",
    [executionId],
  );
  return rows.map(({ kind }) => kind);
}

async function forgeries(executionId: string): Promise<number | null> {
  const { rowCount } = await owner.query(
    `select from audit_events e join audit_details d on d.event_id = e.id
     where e.kind = 'execution.forged' and d.detail like '%' || $1 || '%'`,
    [executionId],
  );
  return rowCount;
}

async function offered(text: string) {
  const before = relay.offers.length;
  const talk = bot.say(text);
  await waitFor(() => relay.offers.length > before);
  const offer = relay.offers[before];
  assert.ok(offer);
  return { talk, offer, about: { executionId: offer.spec.executionId, attempt: offer.attempt } };
}

describe("a typed command", () => {
  test("runs on a relay, and its output and end come back", async () => {
    relay.runEverything();
    const talk = bot.say("!echo hello");
    await talk.done;

    assert.equal(talk.output, "hello\n");
    assert.equal(talk.end?.state, "succeeded");
    assert.deepEqual(talk.states, ["offered", "started"]);
    assert.deepEqual(await kindsOf(talk.executionId), [
      "invocation.requested",
      "execution.started",
      "execution.ended",
    ]);
  });

  test("is recorded before its offer leaves", async () => {
    const { offer, talk, about } = await offered("!echo first");

    assert.equal(await stateOf(offer.spec.executionId), "offered");
    assert.deepEqual(offer.spec.argv, ["/bin/echo", "first"]);
    await relay.claim(about);
    await relay.sendResult(about);
    await talk.done;
  });

  test("goes to the next relay when one refuses, and what was offered can no longer start", async () => {
    relay.refuseWith = { code: "policy", reason: "not here" };
    const { about, talk } = await offered("!echo elsewhere");
    const second = await bot.relay(`second-${count}`, { runsEverything: true });
    await talk.done;

    assert.equal(talk.output, "elsewhere\n");
    const permit = await relay.claim(about);
    assert.equal(permit.granted, false);
    second.stop();
    await second.announce({ draining: true });
  });

  test("goes to the next relay when one does not listen any more", async () => {
    const second = await bot.relay(`silent-${count}`);
    second.stop();
    relay.runEverything();
    await second.announce({ capacity: 100 });
    const talk = bot.say("!echo still");
    await talk.done;

    assert.equal(talk.output, "still\n");
    await second.announce({ draining: true });
  });

  test("waits while no relay matches, says so, and runs when one comes", async () => {
    await relay.announce({ draining: true });
    await waitFor(() => bot.dispatch.registry.find(relay.id)?.presence?.draining === true);
    const talk = bot.say("!echo later");
    await waitFor(() => talk.states.includes("waiting"));
    relay.runEverything();
    await relay.announce({ draining: false });
    await talk.done;

    assert.equal(talk.output, "later\n");
  });

  test("that is offered and not claimed in time is offered again under another number", async () => {
    await bot.install(HASTY);
    const { talk, offer, about } = await offered("!hasty:say slow");
    await waitFor(() => relay.offers.length > 1);
    const again = relay.offers.at(-1);

    assert.equal(offer.attempt, 1);
    assert.equal(again?.spec.executionId, offer.spec.executionId);
    assert.equal((await relay.claim(about)).granted, false);
    const current = { ...about, attempt: again?.attempt ?? 0 };
    assert.equal((await relay.claim(current)).granted, true);
    await relay.sendResult(current);
    await talk.done;
  });
});

describe("the permission to start", () => {
  test("is given for exactly what was offered, and the same when asked again", async () => {
    const { talk, about } = await offered("!echo once");

    const answers = await Promise.all([1, 2, 3].map(() => relay.claim(about)));

    assert.deepEqual(
      answers.map(({ granted }) => granted),
      [true, true, true],
    );
    const kinds = await kindsOf(about.executionId);
    assert.equal(kinds.filter((kind) => kind === "execution.started").length, 1);
    await relay.sendResult(about);
    await talk.done;
    assert.equal((await relay.claim(about)).granted, false);
  });

  test("is refused to another relay, another attempt and another epoch", async () => {
    const { talk, about } = await offered("!echo mine");
    const other = await bot.relay(`other-${count}`);

    assert.equal((await other.claim(about)).granted, false);
    assert.equal((await relay.claim({ ...about, attempt: 2 })).granted, false);
    assert.equal((await relay.claim(about, randomName())).granted, false);
    assert.equal((await relay.claim(about)).granted, true);
    await relay.sendResult(about);
    await talk.done;
    other.stop();
    await other.announce({ draining: true });
  });

  test("is not given on the word of a stranger", async () => {
    const { talk, about } = await offered("!echo forged");
    const thief = readSigningKey(generateKeyPem("ed25519"));
    const claim = await signAsRelay(thief, fromRelay.claim, {
      epoch: relay.epoch,
      nonce: randomName(),
      claims: [about],
    });

    await assert.rejects(
      relay.bus.request(upFrom(relay.id, "claim"), claim, {
        timeoutMs: 300,
        replyTo: `${inboxOf(relay.id)}.${randomName()}`,
      }),
      /no reply/,
    );
    assert.equal(await stateOf(about.executionId), "offered");
    assert.equal((await relay.claim(about)).granted, true);
    await relay.sendResult(about);
    await talk.done;
  });

  test("is not given for what was cancelled before it started", async () => {
    const { talk, about } = await offered("!echo no");
    const by = { userId: bot.workspaceId, method: "test" };
    const key = { workspaceId: bot.workspaceId, executionId: about.executionId };

    assert.equal(await cancelExecution(bot.dispatch, key, by), "offered");
    await talk.done;
    assert.equal(talk.end?.state, "cancelled");
    assert.equal((await relay.claim(about)).granted, false);
  });
});

describe("a result", () => {
  test("is confirmed again when it is sent again, and ends the invocation once", async () => {
    const { talk, about } = await offered("!echo twice");
    await relay.claim(about);
    await relay.sendResult(about, { status: "failed", exitCode: 3 });
    await relay.sendResult(about, { status: "failed", exitCode: 3 });
    await talk.done;

    assert.equal(talk.end?.exitCode, 3);
    const { rows } = await owner.query<{ kind: string }>(
      "select kind from audit_events where invocation_id = $1 and kind = 'invocation.ended'",
      [talk.invocationId],
    );
    assert.equal(rows.length, 1);
  });

  test("of another relay's execution is not taken", async () => {
    const { talk, about } = await offered("!echo theirs");
    await relay.claim(about);
    const other = await bot.relay(`liar-${count}`);
    other.patienceMs = 300;

    // Confirmed, so that it is not sent for ever, and without any effect.
    await other.sendResult(about, { status: "failed" });
    await assert.rejects(other.sendOutput(about, 0, "lies\n"));
    assert.equal(await stateOf(about.executionId), "started");
    await relay.sendResult(about);
    await talk.done;
    assert.equal(talk.end?.state, "succeeded");
    assert.equal(talk.output, "");
    other.stop();
    await other.announce({ draining: true });
  });

  test("that says permitted and not begun puts it back into the queue", async () => {
    const { talk, about } = await offered("!echo again");
    await relay.claim(about);
    await relay.sendResult(about, { status: "not-begun" });
    await waitFor(() => relay.offers.length > 1);
    const next = relay.offers.at(-1);
    const key = { ...about, attempt: next?.attempt ?? 0 };

    assert.equal(next?.attempt, 2);
    assert.equal((await relay.claim(key)).granted, true);
    await relay.sendResult(key);
    await talk.done;
  });
});

describe("a result that comes before the answer to its claim", () => {
  test("withdraws the attempt: it is never permitted, and another is offered", async () => {
    const { talk, about } = await offered("!echo early");
    await relay.sendResult(about, { status: "not-begun" });
    await waitFor(() => relay.offers.length > 1);

    assert.equal((await relay.claim(about)).granted, false);
    const next = { ...about, attempt: 2 };
    assert.equal((await relay.claim(next)).granted, true);
    await relay.sendResult(next);
    await talk.done;
    assert.equal(talk.end?.state, "succeeded");
  });
});

describe("the database's own guard", () => {
  async function asBot(statement: string, values: unknown[]): Promise<unknown> {
    const client = new pg.Client(bot.database.url);
    await client.connect();
    try {
      await client.query(`set aldis.workspace = '${bot.workspaceId}'`);
      return await client.query(statement, values);
    } finally {
      await client.end();
    }
  }

  test("lets nobody queue again what may have run, rename it, or change what it runs", async () => {
    const { talk, about } = await offered("!echo guarded");
    await relay.claim(about);
    const id = [about.executionId];

    await assert.rejects(
      asBot("update executions set state = 'queued', attempt = 2 where id = $1", id),
      /not queued again/,
    );
    await assert.rejects(
      asBot("update executions set attempt = 2 where id = $1", id),
      /its number for life/,
    );
    await assert.rejects(
      asBot("update executions set id = gen_random_uuid() where id = $1", id),
      /permission denied/,
    );
    await assert.rejects(
      asBot("update executions set spec = '{}' where id = $1", id),
      /permission denied/,
    );
    await assert.rejects(asBot("delete from executions where id = $1", id), /permission denied/);
    await assert.rejects(
      asBot("update invocations set user_id = null where id = $1", [talk.invocationId]),
      /permission denied/,
    );
    // The control: the bot's own way through the same states.
    await relay.sendResult(about);
    await talk.done;
    assert.equal(talk.end?.state, "succeeded");
  });
});

describe("a relay that comes back without its journal", () => {
  test("speaks no more for what its earlier life ran: it becomes unknown", async () => {
    await bot.install(FORGETFUL);
    const { talk, about } = await offered("!forgetful:say x");
    await relay.claim(about);
    const announcing = setInterval(() => void relay.announce(), 20);
    relay.epoch = randomName();
    await waitFor(async () => (await stateOf(about.executionId)) === "unknown");
    clearInterval(announcing);
    await talk.done;

    assert.equal(talk.end?.state, "unknown");
  });
});

describe("output", () => {
  test("beyond what the command may print, or far ahead of the rest, is not taken", async () => {
    const { talk, about } = await offered("!echo flood");
    await relay.claim(about);
    const patienceMs = relay.patienceMs;
    relay.patienceMs = 300;

    await assert.rejects(relay.sendOutput(about, 10 * 2 ** 20, "far ahead\n"));
    await assert.rejects(relay.sendOutput(about, 500 * 2 ** 20, "beyond\n"));
    relay.patienceMs = patienceMs;
    await relay.sendOutput(about, 0, "honest\n");
    await relay.sendResult(about);
    await talk.done;
    assert.equal(talk.output, "honest\n");
  });

  test("that is cut in other places after a crash is confirmed only as far as it is stored", async () => {
    const { talk, about } = await offered("!echo pieces");
    await relay.claim(about);
    const first = await relay.sendOutput(about, 0, "ab");
    const again = await relay.sendOutput(about, 0, "abcdef");

    assert.equal(first.offset, 7);
    assert.equal(again.offset, 7);
    await relay.sendResult(about);
    await talk.done;
  });
});

describe("cancelling what has started", () => {
  test("and never began ends it as cancelled, not in the queue again", async () => {
    const { talk, about } = await offered("!sleep 100");
    await relay.claim(about);
    const by = { userId: bot.workspaceId, method: "test" };
    const key = { workspaceId: bot.workspaceId, executionId: about.executionId };
    await cancelExecution(bot.dispatch, key, by);
    await relay.sendResult(about, { status: "not-begun" });
    await waitFor(() => talk.end !== undefined);

    assert.equal(talk.end?.state, "cancelled");
    assert.equal(await stateOf(about.executionId), "cancelled");
  });

  test("is a wish until the relay confirms it", async () => {
    const { talk, about } = await offered("!sleep 100");
    await relay.claim(about);
    const by = { userId: bot.workspaceId, method: "test" };
    const key = { workspaceId: bot.workspaceId, executionId: about.executionId };

    assert.equal(await cancelExecution(bot.dispatch, key, by), "started");
    await waitFor(() => relay.cancels.includes(about.executionId));
    assert.equal(await stateOf(about.executionId), "started");
    await relay.sendResult(about, { status: "cancelled" });
    await talk.done;
    assert.equal(talk.end?.state, "cancelled");
  });
});

describe("a row written by hand", () => {
  test("that puts back what has ended is not dispatched, and is reported", async () => {
    const { talk, about } = await offered("!echo once");
    await relay.claim(about);
    await relay.sendResult(about);
    await talk.done;
    const before = relay.offers.length;
    await owner.query(`alter table executions disable trigger executions_transition`);
    await owner.query(
      `update executions set state = 'queued', attempt = 2, ended_at = null, relay_id = null,
         epoch = null, queued_at = now() where id = $1`,
      [about.executionId],
    );
    await owner.query(`alter table executions enable trigger executions_transition`);

    await waitFor(async () => (await forgeries(about.executionId)) === 1);
    assert.equal(relay.offers.length, before);
  });

  test("is not dispatched, and is reported", async () => {
    const { talk, about } = await offered("!echo real");
    await relay.claim(about);
    await relay.sendResult(about);
    await talk.done;
    const before = relay.offers.length;
    const forged = uuidv7();
    await owner.query(
      `insert into executions (workspace_id, id, invocation_id, state, spec, mac, bot_id,
         offer_timeout_ms, queue_timeout_ms, lost_after_ms)
       select workspace_id, $2::uuid, invocation_id, 'queued',
         jsonb_set(spec, '{executionId}', to_jsonb($2::uuid)), mac, bot_id, 1000, 60000, 60000
       from executions where id = $1`,
      [about.executionId, forged],
    );

    await waitFor(async () => (await forgeries(forged)) === 1);
    assert.equal(relay.offers.length, before);
  });
});
