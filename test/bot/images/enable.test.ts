import assert from "node:assert/strict";
import { afterAll, beforeAll, beforeEach, describe, onTestFinished, test } from "vitest";
import { installBundle, readEnabledBundles } from "../../../bot/bundles/installed.ts";
import { enableWithImage } from "../../../bot/images/enable.ts";
import type { KnownRelay } from "../../../bot/relays/registry.ts";
import { openStore, type Store } from "../../../bot/store/pool.ts";
import { defaultWorkspace } from "../../../bot/store/workspaces.ts";
import { systemClock } from "../../../relay/process/clock.ts";
import { createMemoryBus, type MemoryBus } from "../../../relay/process/memory-bus.ts";
import {
  audienceOf,
  fromBot,
  fromRelay,
  openFromBot,
  signAsRelay,
} from "../../../relay/wire/envelope.ts";
import type { SigningKey } from "../../../relay/wire/keys.ts";
import { readVerifyingKey } from "../../../relay/wire/keys.ts";
import type { ImageAnswer } from "../../../relay/wire/messages.ts";
import { downTo } from "../../../relay/wire/subjects.ts";
import { createTestDatabase, type TestDatabase } from "../../support/postgres.ts";
import { withClient } from "../../support/postgres-cluster.ts";
import { newKey } from "../../support/scripted-bot.ts";
import { waitFor } from "../../support/wait.ts";
import { relayWith } from "../relays/small-relay.ts";

const SOURCE = `
aldis_bundle_version: 1
name: web
version: 1.0.0
description: For tests.
image: registry.example.com/web:1.4
commands:
  show: { description: Shows., executable: [/bin/true], rules: [allow] }
  here: { description: Here., executable: [/bin/true], native: true, rules: [allow] }
`;
const NATIVE = SOURCE.replace("version: 1.0.0", "version: 2.0.0")
  .replace(/^ {2}show.*\n/m, "")
  .replace(/^image.*\n/m, "");
const ACTOR = { userId: undefined, method: "test" };
const DIGEST = `sha256:${"d".repeat(64)}`;
const PINNED = `registry.example.com/web:1.4@${DIGEST}`;
const BOT = newKey();
const macKey = Buffer.alloc(32, 7);

let database: TestDatabase;
let store: Store;
let workspaceId: string;
let wire: MemoryBus;
let relays: KnownRelay[];
let refusedMessages: string[];

beforeAll(async () => {
  database = await createTestDatabase();
  store = openStore({ url: database.url, onError: () => {} });
  workspaceId = await defaultWorkspace(store);
});

afterAll(async () => {
  await store.stop();
  await database.drop();
});

beforeEach(async () => {
  await asOwner("delete from bundles");
  wire = createMemoryBus();
  relays = [];
  refusedMessages = [];
  await install(SOURCE);
});

function asOwner(statement: string, values: unknown[] = []): Promise<unknown> {
  return withClient(database.ownerUrl, (client) => client.query(statement, values));
}

function install(text: string) {
  return installBundle({ store, macKey }, workspaceId, { text, file: "web.yaml" }, ACTOR);
}

type Answer = Partial<ImageAnswer> | undefined;
type Say = (image: string, times: number) => Answer | Promise<Answer>;

/** A relay with an engine that answers as it is told; `signer` is whose key it answers with. */
function relayThat(
  say: Say,
  change: Partial<KnownRelay> = {},
  signer?: SigningKey,
): { asked: string[] } {
  const key = newKey();
  const relay: KnownRelay = {
    ...relayWith({ name: `r${relays.length}`, presence: undefined }),
    workspaceId,
    hostname: "here",
    signingKey: key.publicJwk,
    previousSigningKey: null,
    previousSigningKeyUntil: null,
    keysChangedAt: null,
    key: readVerifyingKey(key.publicJwk),
    previousKey: undefined,
    presence: presenceWith(["native", "docker"]),
    heardAtMs: 0,
    provedEpoch: "e",
    isDisputed: false,
    epochSinceMs: 0,
    ...change,
  };
  relays.push(relay);
  const asked: string[] = [];
  const bus = wire.connect({ onError: () => {} });
  bus.subscribe(downTo(relay.id), {}, async ({ payload, respond }) => {
    const opened = await openFromBot(fromBot.resolveImage, payload, {
      keys: new Map([[BOT.kid, readVerifyingKey(BOT.publicJwk)]]),
      aud: audienceOf(relay.id, "e"),
      nowMs: Date.now(),
    });
    assert.ok(opened.ok);
    const { image, nonce } = opened.message;
    asked.push(image);
    const answer = await say(image, asked.length);
    if (answer)
      respond(await signAsRelay(signer ?? key, fromRelay.imageAnswer, { nonce, ...answer }));
  });
  onTestFinished(() => bus.stop());
  return { asked };
}

function presenceWith(runtimes: string[]): KnownRelay["presence"] {
  return {
    version: 1,
    epoch: "e",
    number: 1,
    program: "test",
    tags: {},
    capacity: 4,
    running: 0,
    draining: false,
    runtimes,
    keyListNumber: 1,
  };
}

function enable(version?: string) {
  const bus = wire.connect({ onError: () => {} });
  onTestFinished(() => bus.stop());
  return enableWithImage(
    {
      store,
      macKey,
      bus,
      key: BOT,
      botId: "bot",
      clock: systemClock,
      refused: (_, __, reason) => void refusedMessages.push(reason),
      registry: {
        find: (id) => relays.find((relay) => relay.id === id),
        list: () => relays,
        isReachable: () => true,
        onAvailable: () => {},
        refresh: async () => {},
        stop: () => {},
      },
    },
    { workspaceId, name: "web", version, policies: new Map() },
    ACTOR,
  );
}

async function enabledImages(): Promise<(string | undefined)[]> {
  const bundles = await readEnabledBundles({ store, macKey }, workspaceId, () => {});
  return bundles.map(({ image }) => image);
}

describe("enabling a version with an image", () => {
  test("keeps the digest that a relay has found; what runs is named by it", async () => {
    const relay = relayThat(() => ({ digest: DIGEST }));

    const done = await enable();

    assert.deepEqual(done, { ok: true, version: "1.0.0", image: PINNED });
    assert.deepEqual(relay.asked, ["registry.example.com/web:1.4"]);
    assert.deepEqual(await enabledImages(), [PINNED]);
  });

  test("asks again while the relay pulls", async () => {
    const relay = relayThat((_, times) =>
      times < 3 ? { pending: "pulling" } : { digest: DIGEST },
    );

    const done = await enable();

    assert.ok(done.ok);
    assert.equal(relay.asked.length, 3);
  });

  test("asks the next relay where one cannot tell", async () => {
    relayThat(() => ({ refusal: { code: "image-failed", reason: "no such tag" } }));
    relayThat(() => ({ digest: DIGEST }));

    const done = await enable();

    assert.ok(done.ok);
  });

  test("says why, and enables nothing, where none can tell", async () => {
    relayThat(() => ({ refusal: { code: "image-failed", reason: "no such tag" } }));

    const done = await enable();

    assert.deepEqual(done, { ok: false, kind: "image", reason: "r0: no such tag" });
    assert.deepEqual(await enabledImages(), []);
  });

  test.each<[string, () => void, RegExp]>([
    ["no relay has joined", () => {}, /web:1\.4 is: no relay has joined$/],
    [
      "no relay has an engine",
      () => relayThat(() => ({ digest: DIGEST }), { presence: presenceWith(["native"]) }),
      /no relay has a container engine$/,
    ],
    [
      "the one that has is suspended",
      () => relayThat(() => ({ digest: DIGEST }), { state: "suspended" }),
      /r0 is suspended$/,
    ],
  ])("where %s it says so, and enables nothing", async (_, prepare, reason) => {
    prepare();

    const done = await enable();

    assert.match(done.ok ? "" : done.reason, reason);
    assert.deepEqual(await enabledImages(), []);
  });

  test("leaves what ran before as it was", async () => {
    relayThat((_, times) =>
      times === 1 ? { digest: DIGEST } : { refusal: { code: "x", reason: "y" } },
    );
    await enable();
    await install(SOURCE.replace("1.0.0", "1.1.0"));

    const done = await enable("1.1.0");

    assert.ok(!done.ok);
    assert.deepEqual(await enabledImages(), [PINNED]);
  });

  test("a full relay can still look", async () => {
    relayThat(() => ({ digest: DIGEST }), { load: 4 });

    const done = await enable();

    assert.ok(done.ok);
  });
});

test("a bundle without containers needs no relay", async () => {
  await install(NATIVE);

  const done = await enable();

  assert.deepEqual(done, { ok: true, version: "2.0.0" });
  assert.deepEqual(await enabledImages(), [undefined]);
});

test("a version that is not installed is named", async () => {
  const done = await enable("9.0.0");

  assert.deepEqual(done, {
    ok: false,
    kind: "not-found",
    reason: "no bundle web 9.0.0 is installed",
  });
});

describe("another image than the one that was found", () => {
  const OTHER = `registry.example.com/web:1.4@sha256:${"e".repeat(64)}`;

  test("written into the database does not run; the one that was found does", async () => {
    relayThat(() => ({ digest: DIGEST }));
    await enable();
    const honest = await enabledImages();

    await asOwner("update bundles set image = $1", [OTHER]);
    const changed = await enabledImages();
    await asOwner("update bundles set image = $1", [PINNED]);
    const restored = await enabledImages();

    assert.deepEqual([honest, changed, restored], [[PINNED], [], [PINNED]]);
  });

  test("said by somebody who has another key than the relay's is passed over", async () => {
    const other = `sha256:${"e".repeat(64)}`;
    const relay = relayThat(async () => {
      await waitFor(() => refusedMessages.length > 0, { what: "the lie to be found out" });
      return { digest: DIGEST };
    });
    const [known] = relays;
    const thief = wire.connect({ onError: () => {} });
    const forger = newKey();
    thief.subscribe(downTo(known?.id ?? ""), {}, async ({ payload, respond }) => {
      const [, body = ""] = Buffer.from(payload).toString("latin1").split(".");
      const { nonce } = JSON.parse(Buffer.from(body, "base64url").toString());
      respond(await signAsRelay(forger, fromRelay.imageAnswer, { nonce, digest: other }));
    });

    const done = await enable();

    assert.deepEqual(done, { ok: true, version: "1.0.0", image: PINNED });
    assert.equal(relay.asked.length, 1);
    assert.deepEqual(refusedMessages, ["unknown-key"]);
    await thief.stop();
  });
});
