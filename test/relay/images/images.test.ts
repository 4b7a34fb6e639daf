import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, onTestFinished, test } from "vitest";
import { type Images, startImages } from "../../../relay/images/images.ts";
import { openLedger } from "../../../relay/images/ledger.ts";
import { systemClock } from "../../../relay/process/clock.ts";
import { waitFor } from "../../support/wait.ts";
import { silentLog, temporaryDirectory } from "../relay-under-test.ts";
import { type FakeEngine, fakeEngine, heldAs, idOf } from "./fake-engine.ts";

const DIGEST = idOf("d");
const ID = idOf("1");
const NAME = "registry.example.com/ops/web:1.4";
const PINNED = `${NAME}@${DIGEST}`;
const BY_DIGEST = `registry.example.com/ops/web@${DIGEST}`;
const WEB = heldAs(ID, { tags: [NAME], digests: [BY_DIGEST] });

interface Stage {
  engine: FakeEngine;
  images: Images;
  /** Lets time pass. */
  pass(ms: number): void;
}

async function staged(
  prepare: (engine: FakeEngine) => void,
  change: { freeBytes?: number | undefined; keepMs?: number; path?: string } = {},
): Promise<Stage> {
  const { freeBytes = 2 ** 40, keepMs = 1000 } = change;
  const engine = fakeEngine();
  prepare(engine);
  let passedMs = 0;
  const pass = (ms: number) => {
    passedMs += ms;
  };
  const path = change.path ?? join(await temporaryDirectory(), "images.json");
  const images = await startImages({
    engine,
    credentials: { authFor: async (registry) => `auth for ${registry}` },
    ledger: await openLedger(path),
    minFreeBytes: 2 ** 30,
    freeBytesIn: async () => ("freeBytes" in change ? change.freeBytes : freeBytes),
    keepMs,
    clock: {
      ...systemClock,
      wallMs: () => systemClock.wallMs() + passedMs,
      monotonicMs: () => systemClock.monotonicMs() + passedMs,
    },
    log: silentLog,
  });
  onTestFinished(() => images.stop());
  return { engine, images, pass };
}

/** What is known of it once nothing is under way. */
async function lookUntilKnown(images: Images, image: string) {
  return waitFor(() => {
    const state = images.look(image);
    return state.kind === "coming" ? undefined : state;
  });
}

describe("an image that is here", () => {
  test.each([
    ["by its manifest", PINNED],
    ["by its id, as an imported one", `web-tools:1@${ID}`],
    ["by its id alone", ID],
  ])("is known at once %s, and no registry is asked", async (_, image) => {
    const { engine, images } = await staged(({ held }) => held.push(WEB));

    const state = images.look(image);

    assert.deepEqual(state, { kind: "here", id: ID, digest: image.split("@").at(-1) });
    assert.deepEqual(engine.pulls, []);
  });

  test("is resolved to the digest by which it came from that registry", async () => {
    const other = `mirror.example.com/web@${idOf("e")}`;
    const { images } = await staged(({ held }) =>
      held.push({ ...WEB, digests: [other, BY_DIGEST] }),
    );

    const state = await images.resolve(NAME, 1_000);

    assert.deepEqual(state, { kind: "here", id: ID, digest: DIGEST });
  });

  test("is resolved to its id where it came from none", async () => {
    const { images } = await staged(({ held }) => held.push({ ...WEB, digests: [] }));

    const state = await images.resolve(NAME, 1_000);

    assert.deepEqual(state, { kind: "here", id: ID, digest: ID });
  });

  test("is fetched again when somebody has removed it", async () => {
    const { engine, images, pass } = await staged(({ held }) => held.push(WEB));
    engine.held = [];
    engine.offered.set(BY_DIGEST, WEB);

    pass(20_000);
    images.look(PINNED);
    await waitFor(() => images.look(PINNED).kind !== "here");
    const state = await lookUntilKnown(images, PINNED);

    assert.equal(state.kind, "here");
    assert.equal(engine.pulls.length, 1);
  });
});

describe("an image that is not here", () => {
  test("is pulled once by its digest, however many ask, and how far it is can be said", async () => {
    const gate = Promise.withResolvers<void>();
    const { engine, images } = await staged((it) => {
      it.gate = gate.promise;
      it.offered.set(BY_DIGEST, WEB);
      const progressDetail = { current: 12 * 2 ** 20, total: 40 * 2 ** 20 };
      it.progress = [{ id: "layer", status: "Downloading", progressDetail }];
    });

    images.look(PINNED);
    await waitFor(() => engine.pulls.length > 0);
    const during = images.look(PINNED);
    const asked = await images.resolve(PINNED, 1);
    gate.resolve();
    const after = await lookUntilKnown(images, PINNED);

    const said = `pulling ${BY_DIGEST}: 12 of 40 MiB`;
    assert.deepEqual(
      [during, asked],
      [
        { kind: "coming", said },
        { kind: "coming", said },
      ],
    );
    assert.deepEqual(after, { kind: "here", id: ID, digest: DIGEST });
    assert.deepEqual(engine.pulls, [{ name: BY_DIGEST, auth: "auth for registry.example.com" }]);
  });

  test("and nowhere else says so for a moment, and is tried again then", async () => {
    const { engine, images, pass } = await staged(() => {});

    const first = await lookUntilKnown(images, PINNED);
    const repeated = images.look(PINNED);
    engine.offered.set(BY_DIGEST, WEB);
    pass(6_000);
    const later = await lookUntilKnown(images, PINNED);

    assert.deepEqual(first, repeated);
    assert.match(first.kind === "failed" ? first.reason : "", /has no ops\/web with the digest/);
    assert.equal(later.kind, "here");
  });

  test("but of which another version was imported is not asked of a registry", async () => {
    const imported = heldAs(idOf("2"), { tags: [NAME] });
    const { engine, images } = await staged(({ held, offered }) => {
      held.push(imported);
      offered.set(BY_DIGEST, WEB);
    });

    const state = await lookUntilKnown(images, PINNED);

    assert.match(state.kind === "failed" ? state.reason : "", /is another image \(sha256:2{12}\)/);
    assert.deepEqual(engine.pulls, []);
  });

  test("and is named by its id alone is asked of no registry, and found once it is imported", async () => {
    const { engine, images, pass } = await staged(() => {});

    const absent = await lookUntilKnown(images, ID);
    engine.held.push(WEB);
    pass(6_000);
    const present = await lookUntilKnown(images, ID);

    assert.match(absent.kind === "failed" ? absent.reason : "", /aldis relay import FILE/);
    assert.equal(present.kind, "here");
    assert.deepEqual(engine.pulls, []);
  });

  test("of which the tag has moved on is pulled by its digest", async () => {
    const moved = heldAs(idOf("2"), {
      tags: [NAME],
      digests: [`registry.example.com/ops/web@${idOf("e")}`],
    });
    const { images } = await staged(({ held, offered }) => {
      held.push(moved);
      offered.set(BY_DIGEST, WEB);
    });

    const state = await lookUntilKnown(images, PINNED);

    assert.deepEqual(state, { kind: "here", id: ID, digest: DIGEST });
  });

  test.each<[string, number | undefined, "failed" | "here"]>([
    ["too little room", 2 ** 30 - 1, "failed"],
    ["just enough room", 2 ** 30, "here"],
    ["room that nobody can measure", undefined, "here"],
  ])("with %s: %j", async (_, freeBytes, kind) => {
    const { engine, images } = await staged((it) => it.offered.set(BY_DIGEST, WEB), { freeBytes });

    const state = await lookUntilKnown(images, PINNED);

    assert.equal(state.kind, kind);
    assert.equal(engine.pulls.length, kind === "here" ? 1 : 0);
    if (state.kind === "failed") assert.match(state.reason, /1023 MiB.*relay\.min_free_disk/);
  });
});

test.each<[string, "failed" | "here"]>([
  ["arm64", "failed"],
  ["386", "here"],
  ["amd64", "here"],
])("an image made for %s on an amd64 host: %s", async (architecture, kind) => {
  const { images } = await staged(({ held }) => held.push({ ...WEB, architecture }));

  const state = await images.resolve(NAME, 1_000);

  assert.equal(state.kind, kind);
});

test.each([
  ["without a digest", NAME, /enable the bundle again/],
  ["that is no name", "-", /digest/],
])("an image %s is not run", async (_, image, reason) => {
  const { images } = await staged(({ held }) => held.push(WEB));

  const state = images.look(image);

  assert.match(state.kind === "failed" ? state.reason : "", reason);
});

describe("what was pulled and is not used", () => {
  const DAY = 86_400_000;

  async function pulledLongAgo(use: (engine: FakeEngine) => void) {
    const path = join(await temporaryDirectory(), "images.json");
    const { images } = await staged((it) => it.offered.set(BY_DIGEST, WEB), { path });
    await lookUntilKnown(images, PINNED);
    const own = heldAs(idOf("3"), { tags: ["docker.io/library/own:1"] });
    const later = await staged(
      (engine) => {
        engine.held.push(WEB, own);
        use(engine);
      },
      { path, keepMs: -DAY },
    );
    return later;
  }

  test("is removed by the names it was pulled by; what others have put there stays", async () => {
    const { engine, images } = await pulledLongAgo(() => {});

    await waitFor(() => engine.removed.length > 0);

    assert.deepEqual(engine.removed, [BY_DIGEST]);
    assert.deepEqual(
      engine.held.map(({ id }) => id),
      [idOf("3")],
    );
    assert.equal(images.look(PINNED).kind, "coming");
  });

  test("stays while a container is made of it", async () => {
    const asked = Promise.withResolvers<void>();
    const { engine, images } = await pulledLongAgo((it) => {
      it.inUse = async () => {
        asked.resolve();
        return new Set([ID]);
      };
    });

    await asked.promise;

    assert.deepEqual(engine.removed, []);
    assert.equal(images.look(PINNED).kind, "here");
  });
});
