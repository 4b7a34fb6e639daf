import assert from "node:assert/strict";
import { copyFile, readFile } from "node:fs/promises";
import { join } from "node:path";
import { sql } from "drizzle-orm";
import { afterEach, beforeEach, describe, test } from "vitest";
import { signAsRelay } from "../../../relay/wire/envelope.ts";
import { randomName } from "../../../relay/wire/ids.ts";
import {
  generateKeyPem,
  readSigningKey,
  readVerifyingKey,
  type SigningKey,
} from "../../../relay/wire/keys.ts";
import { rotation } from "../../../relay/wire/rotation.ts";
import { inboxOf, upFrom } from "../../../relay/wire/subjects.ts";
import { DEMO, startTestBot, type TestBot } from "../../support/bot.ts";
import { changeEnrolled } from "../../support/enrolled.ts";
import { startGuardedNats } from "../../support/guarded-nats.ts";
import { type NatsBot, startNatsBots, startRelayHost } from "../../support/nats-bot.ts";
import { attemptOf, type ScriptedRelay, scripted } from "../../support/scripted-relay.ts";
import { waitFor } from "../../support/wait.ts";

describe("aldis relay rotate", () => {
  test("gives a relay new keys, with which it is heard again, and records that", async () => {
    const bot = await (await startNatsBots(await startGuardedNats())).start();
    const host = await startRelayHost(bot, "edge");
    const { relayId } = host.identity;
    const [before, epoch] = [keyOf(bot, relayId), epochOf(relayId)];
    await host.relay.stop();

    const rotated = await host.rotate(host.identity);
    await host.start();
    await waitFor(() => epochOf(relayId) !== epoch);

    assert.ok(rotated.ok);
    assert.equal(keyOf(bot, relayId), rotated.kid);
    assert.notEqual(rotated.kid, before);
    assert.deepEqual(await recorded(bot), [{ before, after: rotated.kid }]);

    function epochOf(id: string) {
      return bot.dispatch.registry.find(id)?.epoch;
    }
  });

  test("is safe to run again when its answer was lost", async () => {
    const bot = await (await startNatsBots(await startGuardedNats())).start();
    const host = await startRelayHost(bot, "edge");
    await host.relay.stop();
    const folder = join(host.dataDirectory, "relay");
    const names = ["signing.pem", "sealing.pem"];
    for (const name of names) await copyFile(join(folder, name), join(folder, `old-${name}`));
    const first = await host.rotate(host.identity);
    // As the disk was before the answer came.
    for (const name of names) {
      await copyFile(join(folder, name), join(folder, `next-${name}`));
      await copyFile(join(folder, `old-${name}`), join(folder, name));
    }

    const again = await host.rotate(host.identity);

    assert.deepEqual(again, first);
    assert.equal((await recorded(bot)).length, 1);
    const pem = await readFile(join(folder, "signing.pem"), "utf8");
    assert.equal(readSigningKey(pem).kid, keyOf(bot, host.identity.relayId));
  });
});

describe("a bot", () => {
  let bot: TestBot;
  let relay: ScriptedRelay;
  const next = readSigningKey(generateKeyPem("ed25519"));
  const sealing = readSigningKey(generateKeyPem("x25519"));

  beforeEach(async () => {
    bot = await startTestBot({ env: { ALDIS_STOP_DEADLINE: "1s" } });
    await bot.install(DEMO);
    relay = await bot.relay("edge");
  });
  afterEach(() => bot.close());

  async function ask(current: SigningKey, prover: SigningKey, about: string = relay.id) {
    const body = { relayId: about, signingKey: next.publicJwk, sealingKey: sealing.publicJwk };
    const proof = Buffer.from(await signAsRelay(prover, rotation.proof, body)).toString("latin1");
    const request = await signAsRelay(current, rotation.request, { proof, nonce: randomName() });
    const replyTo = `${inboxOf(relay.id)}.${randomName()}`;
    const wish = { timeoutMs: 500, replyTo };
    return relay.bus.request(upFrom(relay.id, "rotate"), request, wish).catch(() => undefined);
  }

  test.each<[string, () => ReturnType<typeof ask>]>([
    ["that only the new key has signed", () => ask(next, next)],
    ["that only the old key has signed", () => ask(relay.key, relay.key)],
    ["whose proof is about another relay", () => ask(relay.key, next, crypto.randomUUID())],
  ])("takes no keys %s", async (_, attempt) => {
    await attempt();
    const refused = keyOf(bot, relay.id);
    await ask(relay.key, next);

    assert.equal(refused, relay.key.kid);
    assert.equal(keyOf(bot, relay.id), next.kid);
  });

  test("takes no more keys from one that was replaced", async () => {
    await ask(relay.key, next);
    const after = readSigningKey(generateKeyPem("ed25519"));
    const body = {
      relayId: relay.id,
      signingKey: after.publicJwk,
      sealingKey: sealing.publicJwk,
    };
    const proof = Buffer.from(await signAsRelay(after, rotation.proof, body)).toString("latin1");
    const rotate = async (key: SigningKey) => {
      const request = await signAsRelay(key, rotation.request, { proof, nonce: randomName() });
      const replyTo = `${inboxOf(relay.id)}.${randomName()}`;
      const wish = { timeoutMs: 500, replyTo };
      await relay.bus.request(upFrom(relay.id, "rotate"), request, wish).catch(() => undefined);
      return keyOf(bot, relay.id);
    };

    const byReplaced = await rotate(relay.key);
    const byCurrent = await rotate(next);

    assert.equal(byReplaced, next.kid);
    assert.equal(byCurrent, after.kid);
  });

  test("takes a result that was signed before the change, for a day", async () => {
    const [early, late] = [bot.say("!echo early"), bot.say("!echo late")];
    await waitFor(() => relay.offers.length === 2);
    for (const offer of relay.offers) await relay.claim(attemptOf(offer));
    await ask(relay.key, next);

    const [first, second] = relay.offers.map(attemptOf);
    assert.ok(first && second);
    await relay.sendResult(first);
    relay.patienceMs = 500;
    const { workspaceId } = bot;
    const over = { previousSigningKeyUntil: new Date(Date.now() - 1_000) };
    await changeEnrolled(bot.dispatch, { workspaceId, id: relay.id }, over);
    await bot.dispatch.registry.refresh();
    await assert.rejects(relay.sendResult(second));

    const ended = [early, late].filter(({ end }) => end !== undefined);
    assert.equal(ended.length, 1);
  });

  describe("of whose relay somebody has the key before", () => {
    /** The relay after its change, and whoever has kept the old key. */
    async function changed() {
      await ask(relay.key, next);
      relay.stop();
      relay.patienceMs = 300;
      const bots = readVerifyingKey(bot.dispatch.key.publicJwk);
      const identity = { id: relay.id, name: "edge", key: next, tags: {} };
      const present = scripted(relay.bus, identity, () => new Map([[bots.kid, bots]]));
      await present.announce({ epoch: relay.epoch });
      return { present, thief: relay };
    }

    async function offered(present: ScriptedRelay) {
      const talk = bot.say("!echo later");
      const offer = await waitFor(() => present.offers[0]);
      return { talk, about: attemptOf(offer) };
    }

    const changeAt = async (keysChangedAt: Date) => {
      const { workspaceId } = bot;
      await changeEnrolled(bot.dispatch, { workspaceId, id: relay.id }, { keysChangedAt });
      await bot.dispatch.registry.refresh();
    };

    test("takes no result by it of what was permitted after the change", async () => {
      const { present, thief } = await changed();
      const { talk, about } = await offered(present);
      await present.claim(about);

      await assert.rejects(thief.sendResult(about, { status: "failed" }), { code: "timeout" });
      const before = talk.end;
      // Had it been permitted before, the same would count.
      thief.patienceMs = 20_000;
      await changeAt(new Date(Date.now() + 60_000));
      await thief.sendResult(about, { status: "failed" });
      await waitFor(() => talk.end);

      assert.deepEqual([before, talk.end?.state], [undefined, "failed"]);
    });

    test("takes no word by it that something offered since has not begun", async () => {
      const { present, thief } = await changed();
      const { about } = await offered(present);

      await assert.rejects(thief.sendResult(about, { status: "not-begun" }), { code: "timeout" });
      const claimed = await present.claim(about);

      assert.equal(claimed.granted, true);
    });

    test("confirms what lay in the relay's journal about an attempt that is over", async () => {
      const talk = bot.say("!echo early");
      const about = attemptOf(await waitFor(() => relay.offers[0]));
      await bot.dispatch.executions.requeue({ workspaceId: bot.workspaceId, ...about }, "test");
      const { thief } = await changed();
      thief.patienceMs = 20_000;

      const receipt = await thief.sendResult(about, { status: "not-begun" });

      assert.equal(receipt.executionId, talk.executionId);
    });
  });
});

function keyOf(bot: TestBot | NatsBot, relayId: string): string | undefined {
  return bot.dispatch.registry.find(relayId)?.key.kid;
}

async function recorded(bot: NatsBot): Promise<{ before: string; after: string }[]> {
  const { rows } = await bot.store.inWorkspace(bot.workspaceId, (db) =>
    db.execute<{ detail: string }>(sql`select d.detail from audit_events e
      join audit_details d on d.event_id = e.id where e.kind = 'relay.keys-rotated'`),
  );
  return rows.map(({ detail }) => {
    const { before, after } = JSON.parse(detail);
    return { before, after };
  });
}
