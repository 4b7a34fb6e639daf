import assert from "node:assert/strict";
import { afterAll, afterEach, beforeAll, describe, test } from "vitest";
import { randomName } from "../../../relay/wire/ids.ts";
import { startTestBot, type Talk, type TestBot } from "../../support/bot.ts";
import { withClient } from "../../support/postgres-cluster.ts";
import { attemptOf, type ScriptedRelay } from "../../support/scripted-relay.ts";
import { waitFor } from "../../support/wait.ts";

const BUNDLE = `
aldis_bundle_version: 1
name: ends
version: 1.0.0
description: Ways to end.
commands:
  once: { description: Once., executable: [echo], native: true, options: {}, lost_after: 200ms, rules: [allow] }
  often:
    description: Up to twice.
    executable: [echo]
    native: true
    options: {}
    delivery: at-least-once
    attempts: 2
    lost_after: 200ms
    rules: [allow]
  single:
    description: One at a time for each place.
    executable: [echo]
    native: true
    options: {}
    arguments: [{ name: place, required: true }]
    concurrency: { max: 1, by: [place] }
    rules: [allow]
`;

let bot: TestBot;
let relay: ScriptedRelay;

beforeAll(async () => {
  bot = await startTestBot();
  await bot.install(BUNDLE);
  relay = await bot.relay("one");
});

afterEach(() => relay.announce());
afterAll(() => bot.close());

async function begun(text: string) {
  const before = relay.offers.length;
  const talk = bot.say(text);
  await waitFor(() => relay.offers.length > before, { what: `an offer of ${text}` });
  const offer = relay.offers[before];
  assert.ok(offer);
  const about = attemptOf(offer);
  assert.equal((await relay.claim(about)).granted, true);
  return { talk, about };
}

/** Another life of the relay, which knows nothing of the one before. */
const forget = () => relay.announce({ epoch: randomName() });

async function asked(text: string): Promise<Talk> {
  const talk = bot.say(text);
  await talk.done;
  return talk;
}

async function lost(text: string) {
  const begunOne = await begun(text);
  await forget();
  await begunOne.talk.done;
  assert.equal(begunOne.talk.end?.state, "unknown");
  return { ...begunOne, id: begunOne.about.executionId };
}

async function stateOf(id: string): Promise<string> {
  return withClient(bot.database.ownerUrl, async (owner) => {
    const { rows } = await owner.query("select state from executions where id = $1", [id]);
    return rows[0]?.state;
  });
}

describe("an execution that nobody knows the end of", () => {
  test("is inspected: where it started, and that its relay says nothing", async () => {
    const { id } = await lost("!once here");

    const shown = (await asked(`!inspect ${id.slice(-12)}`)).text();

    assert.match(shown, /state: +unknown: the relay fell silent while it ran/);
    assert.match(shown, /1 +one +.*nothing yet/);
    assert.match(shown, /rerun .* or !mark .* succeeded/);
  });

  test("is marked by a person, and what the relay says later stands beside the mark", async () => {
    const { id, about } = await lost("!once there");

    const marked = await asked(`!mark ${id} failed --reason 'the host was rebooted'`);
    await relay.sendResult(about);
    const shown = (await asked(`!inspect ${id}`)).text();

    assert.match(marked.text(), /is marked as failed/);
    assert.equal(await stateOf(id), "failed");
    assert.match(shown, /state: +failed: the host was rebooted/);
    assert.match(shown, /1 +one +.*succeeded/);
  });

  test("is settled by its relay's journal where nobody marked it, and then no more marked", async () => {
    const { id, about } = await lost("!once late");

    await relay.sendResult(about);
    const marked = await asked(`!mark ${id} failed`);

    assert.equal(await stateOf(id), "succeeded");
    assert.match(marked.text(), /is succeeded: nothing to mark/);
  });

  test("is run again as an invocation of its own, by whoever asks", async () => {
    const { id } = await lost("!once more");

    const before = relay.offers.length;
    const again = bot.say(`!rerun ${id}`);
    await waitFor(() => relay.offers.length > before);
    const offer = relay.offers[before];
    assert.ok(offer);
    await relay.claim(attemptOf(offer));
    await relay.sendResult(attemptOf(offer));
    await again.done;

    assert.match(again.text(), /again: !once more/);
    assert.equal(again.end?.state, "succeeded");
    assert.notEqual(offer.spec.executionId, id);
    assert.deepEqual(offer.spec.argv, ["echo", "more"]);
    assert.equal(await stateOf(id), "unknown");
  });

  test("is not marked by somebody who did not start it and may not", async () => {
    const { id } = await lost("!once mine");
    await withClient(bot.database.ownerUrl, (owner) =>
      owner.query(`with u as (insert into users (workspace_id, id, name)
          select id, gen_random_uuid(), 'eve' from workspaces returning workspace_id, id)
        insert into identities (workspace_id, adapter, installation, provider_user, user_id)
          select workspace_id, 'console', 'local', 'eve', id from u`),
    );
    const eve = { adapter: "console", installation: "local", providerUser: "eve" };

    const marked = bot.say(`!mark ${id} succeeded`, { caller: eve });
    await marked.done;

    assert.match(marked.text(), /there is no execution .* that you may mark/);
    assert.equal(await stateOf(id), "unknown");
  });
});

describe("what may run more than once", () => {
  test("B44 is started again when its relay is lost, as often as the bundle says and no more", async () => {
    const first = await begun("!often work");
    await forget();
    const second = await waitFor(() =>
      relay.offers.find(
        ({ spec, attempt }) => spec.executionId === first.about.executionId && attempt > 1,
      ),
    );
    assert.equal((await relay.claim(attemptOf(second))).granted, true);
    await forget();
    await first.talk.done;

    assert.equal(first.talk.end?.state, "unknown");
    assert.equal(second.attempt, 2);
  });

  test("B40 is started again when its relay was interrupted, and ends with the last start", async () => {
    const { talk, about } = await begun("!often again");
    await relay.sendResult(about, { status: "interrupted", exitCode: undefined });
    const next = await waitFor(() =>
      relay.offers.find(
        ({ spec, attempt }) => spec.executionId === about.executionId && attempt === 2,
      ),
    );
    await relay.claim(attemptOf(next));
    await relay.sendResult(attemptOf(next));
    await talk.done;

    assert.equal(talk.end?.state, "succeeded");
  });

  test("is the exception: what runs at most once ends as interrupted", async () => {
    const { talk, about } = await begun("!once only");
    await relay.sendResult(about, { status: "interrupted", exitCode: undefined });
    await talk.done;

    assert.equal(talk.end?.state, "interrupted");
  });
});

describe("a limit on how many run at once", () => {
  test("B45 lets the next of the same values wait, says why, and starts it when one has ended", async () => {
    const first = await begun("!single berlin");
    const before = relay.offers.length;
    const second = bot.say("!single berlin");
    await waitFor(() => second.states.includes("waiting"));
    const other = await begun("!single madrid");

    assert.equal(relay.offers.length, before + 1);
    await relay.sendResult(first.about);
    await first.talk.done;
    const offer = await waitFor(() => relay.offers[before + 1]);
    await relay.claim(attemptOf(offer));
    await relay.sendResult(attemptOf(offer));
    await second.done;
    await relay.sendResult(other.about);
    await other.talk.done;

    assert.equal(offer.spec.executionId, second.executionId);
    assert.equal(second.end?.state, "succeeded");
  });
});
