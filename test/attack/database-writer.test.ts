import assert from "node:assert/strict";
import { eq, sql } from "drizzle-orm";
import pg from "pg";
import { afterEach, beforeEach, describe, test } from "vitest";
import { hashToken } from "../../bot/access/tokens.ts";
import { adoptRelays } from "../../bot/relays/adopt.ts";
import { describeRelays } from "../../bot/relays/describe.ts";
import { macOfInvitation } from "../../bot/relays/vouched.ts";
import { joinTokens, relays, tokenLookup } from "../../bot/store/schema.ts";
import { signAsRelay } from "../../relay/wire/envelope.ts";
import { randomName } from "../../relay/wire/ids.ts";
import { printJoinToken } from "../../relay/wire/join-token.ts";
import { generateKeyPem, readSigningKey, readVerifyingKey } from "../../relay/wire/keys.ts";
import { rotation } from "../../relay/wire/rotation.ts";
import { DEMO, startTestBot, type TestBot } from "../support/bot.ts";
import { changeEnrolled } from "../support/enrolled.ts";
import { newKey } from "../support/scripted-bot.ts";
import {
  attemptOf,
  joinScriptedRelay,
  type ScriptedRelay,
  scripted,
} from "../support/scripted-relay.ts";
import { waitFor } from "../support/wait.ts";
import { sendAs } from "./attacked-bot.ts";

let bot: TestBot;
let victim: ScriptedRelay;
const thief = newKey();

beforeEach(async () => {
  bot = await startTestBot({ env: { ALDIS_STOP_DEADLINE: "1s" } });
  await bot.install(DEMO);
  victim = await bot.relay("victim", { tags: { env: "test" } });
});
afterEach(() => bot.close());

const known = () => bot.dispatch.registry.find(victim.id);
const shown = () => describeRelays(bot.dispatch.registry, bot.workspaceId)[0]?.state;

type Change = Parameters<typeof changeEnrolled>[2];

/** As the bot's own login may, or as a bot does, with its word for it. */
async function write(change: Change, isVouched: boolean): Promise<void> {
  const { workspaceId, store, dispatch } = bot;
  const it = { workspaceId, id: victim.id };
  const byHand = () =>
    store.inWorkspace(workspaceId, (db) =>
      db.update(relays).set(change).where(eq(relays.id, victim.id)),
    );
  await (isVouched ? changeEnrolled(dispatch, it, change) : byHand());
  await dispatch.registry.refresh();
}

/** Takes the victim's place on the bus, with a key of its own. */
async function takePlace(): Promise<ScriptedRelay> {
  victim.stop();
  const key = readVerifyingKey(bot.dispatch.key.publicJwk);
  const identity = { id: victim.id, name: "victim", key: thief, tags: {} };
  const bus = bot.bus.connect({ onError: () => {} });
  const relay = scripted(bus, identity, () => new Map([[key.kid, key]]));
  relay.epoch = victim.epoch;
  await relay.announce();
  return relay;
}

function eventsOf(kind: string): Promise<number> {
  return bot.store.inWorkspace(bot.workspaceId, async (db) => {
    const { rows } = await db.execute(sql`select from audit_events where kind = ${kind}`);
    return rows.length;
  });
}

describe("whoever writes to the database and replaces a relay's key", () => {
  test("gets none of its work, which is on record once and shown", async () => {
    await write({ signingKey: thief.publicJwk }, false);
    const relay = await takePlace();
    const talk = bot.say("!echo secret");
    await waitFor(() => talk.states.includes("waiting"));
    await bot.dispatch.registry.refresh();
    const recorded = await eventsOf("relay.forged");
    const [offered, state] = [relay.offers.length, shown()];

    // The control: the same row with a bot's word for it.
    await write({ signingKey: thief.publicJwk }, true);
    await relay.announce();
    const taken = await waitFor(() => relay.offers[0]);

    assert.deepEqual([offered, state, recorded], [0, "forged", 1]);
    assert.equal(taken.spec.executionId, talk.executionId);
  });

  test("starts and ends nothing that the relay was offered before", async () => {
    const talk = bot.say("!echo secret");
    const offer = await waitFor(() => victim.offers[0]);
    await write({ signingKey: thief.publicJwk }, false);
    const relay = await takePlace();
    relay.patienceMs = 300;

    const claimed = relay.claim(attemptOf(offer));
    await assert.rejects(claimed, { code: "timeout" });
    const ended = relay.sendResult(attemptOf(offer), { status: "not-begun" });
    await assert.rejects(ended, { code: "timeout" });
    await write({ signingKey: thief.publicJwk }, true);
    const granted = await relay.claim(attemptOf(offer));
    await relay.sendResult(attemptOf(offer));

    assert.equal(granted.granted, true);
    assert.equal(await waitFor(() => talk.end?.state), "succeeded");
  });

  test("gets no bot's word for it by asking for another", async () => {
    const next = newKey();
    const sealing = readSigningKey(generateKeyPem("x25519"));
    const body = { signingKey: next.publicJwk, sealingKey: sealing.publicJwk };
    const proof = await signAsRelay(next, rotation.proof, { relayId: victim.id, ...body });
    const text = Buffer.from(proof).toString("latin1");
    const ask = async () => {
      const wish = { proof: text, nonce: randomName() };
      return sendAs(victim, "rotate", await signAsRelay(thief, rotation.request, wish));
    };
    // What the bot's registry read before the change must not help.
    await bot.store.inWorkspace(bot.workspaceId, (db) =>
      db.update(relays).set({ signingKey: thief.publicJwk }),
    );

    const refused = await ask();
    await write({ signingKey: thief.publicJwk }, true);
    const taken = await ask();

    assert.equal(refused, undefined);
    assert.notEqual(taken, undefined);
    assert.equal(known()?.key.kid, next.kid);
  });
});

test("whoever gives a relay other tags gets it nothing that asks for them", async () => {
  const tags = { env: "prod" };

  await write({ tags }, false);
  const forged = describeRelays(bot.dispatch.registry, bot.workspaceId)[0]?.state;
  await write({ tags }, true);
  const honest = describeRelays(bot.dispatch.registry, bot.workspaceId)[0];

  assert.equal(forged, "forged");
  assert.deepEqual([honest?.state, honest?.tags], ["reachable", tags]);
});

test("a row put back as it was counts again", async () => {
  const { publicJwk } = victim.key;
  await write({ signingKey: thief.publicJwk }, false);

  await bot.store.inWorkspace(bot.workspaceId, (db) =>
    db.update(relays).set({ signingKey: publicJwk }),
  );
  await bot.dispatch.registry.refresh();
  await victim.announce();

  assert.equal(shown(), "reachable");
});

describe("whoever writes an invitation into the database", () => {
  async function join(name: string, isVouched: boolean): Promise<string> {
    const { workspaceId, store, dispatch } = bot;
    const token = randomName().repeat(3);
    const expiresAt = new Date(Date.now() + 60_000);
    const invitation = {
      workspaceId,
      hash: hashToken(token),
      name,
      tags: { env: "prod" },
      expiresAt,
    };
    const mac = isVouched ? macOfInvitation(dispatch.macKey, invitation) : null;
    await store.inWorkspace(workspaceId, async (db) => {
      await db.insert(tokenLookup).values({ hash: invitation.hash, workspaceId });
      await db.insert(joinTokens).values({ ...invitation, mac });
    });
    const text = printJoinToken({ v: 1, token, authority: bot.authority });
    return (await joinScriptedRelay(bot.bus.connect({ onError: () => {} }), text, name)).id;
  }

  test("invites nobody, and a bot's word would", async () => {
    await assert.rejects(join("edge", false), /no bot of this version has issued/);

    assert.match(await join("edge", true), /^[0-9a-f-]{36}$/);
  });
});

describe("relays that joined before rows were vouched for", () => {
  /** As the database is right after the upgrade. */
  async function forget(isUpgrade: boolean): Promise<void> {
    const owner = new pg.Client(bot.database.ownerUrl);
    await owner.connect();
    await owner.query("update relays set mac = null");
    if (isUpgrade) {
      await owner.query("alter table workspaces disable trigger workspaces_relays_adopted");
      await owner.query("update workspaces set relays_adopted_at = null");
      await owner.query("alter table workspaces enable trigger workspaces_relays_adopted");
    }
    await owner.end();
    await bot.dispatch.registry.refresh();
  }

  const adopt = async () => {
    await adoptRelays(bot.store, bot.dispatch.macKey, bot.workspaceId);
    await bot.dispatch.registry.refresh();
  };

  test("are adopted at the first start after the upgrade, on record", async () => {
    await forget(true);
    const before = shown();

    await adopt();
    await victim.announce();

    assert.deepEqual([before, shown()], ["forged", "reachable"]);
    assert.equal(await eventsOf("relay.rows-adopted"), 1);
  });

  test("are not adopted at a later one, nor can a bot's login ask for that again", async () => {
    await forget(false);
    const again = bot.store.pool.query("update workspaces set relays_adopted_at = null");

    await assert.rejects(again, /are adopted once/);
    await adopt();

    assert.equal(shown(), "forged");
    assert.equal(await eventsOf("relay.rows-adopted"), 0);
  });
});
