import assert from "node:assert/strict";
import { describe, test } from "vitest";
import { type SpoolShare, SpoolSpace } from "../../../relay/execution/spool-space.ts";

const KIB = 1024;

function newSpace() {
  return new SpoolSpace({ limitBytes: 1024 * KIB, executions: 8 });
}

function join(space: SpoolSpace, onShort = () => {}): SpoolShare {
  return space.join(onShort);
}

/** Whether it has been granted, and when it is. */
function asked(share: SpoolShare, bytes: number) {
  const state = { isGranted: false, granted: share.take(bytes) };
  state.granted.then(
    () => (state.isGranted = true),
    () => {},
  );
  return state;
}

/** Lets every promise that can go on do so. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

async function take(share: SpoolShare, ...pieces: number[]): Promise<void> {
  for (const bytes of pieces) await share.take(bytes);
}

describe("the room that spools share", () => {
  test("lets nobody take more than there is", async () => {
    const space = newSpace();
    const one = join(space);
    await take(one, 500 * KIB);

    const more = asked(one, 100 * KIB);
    await turn();

    assert.deepEqual([more.isGranted, space.usedBytes, space.waiting], [false, 500 * KIB, 1]);
    one.give(300 * KIB);
    await more.granted;
    assert.deepEqual([space.usedBytes, space.waiting], [300 * KIB, 0]);
  });

  test("tells all others when somebody has to wait", async () => {
    const space = newSpace();
    const told: string[] = [];
    const one = join(space, () => told.push("one"));
    const two = join(space, () => told.push("two"));
    await take(one, 10);
    await take(two, 500 * KIB);

    asked(two, 100 * KIB);

    assert.deepEqual(told.sort(), ["one", "two"]);
    assert.equal(one.isShort, true);
  });

  test("serves whoever waits in turn", async () => {
    const space = newSpace();
    const [one, two, three] = [join(space), join(space), join(space)];
    await take(one, 500 * KIB);
    await take(two, 64 * KIB);
    await take(three, 64 * KIB);
    const wide = asked(two, 128 * KIB);
    const narrow = asked(three, 100 * KIB);

    one.give(30 * KIB);
    await turn();
    const early = [wide.isGranted, narrow.isGranted];
    one.give(100 * KIB);
    await wide.granted;

    assert.deepEqual(early, [false, false]);
    assert.equal(narrow.isGranted, false);
    one.give(100 * KIB);
    await narrow.granted;
  });

  test("always leaves each that prints a part of its own, whatever others hold for ever", async () => {
    const space = newSpace();
    const stuck = join(space);
    const mine = join(space);
    await take(mine, 10);
    await take(stuck, 500 * KIB);
    const theirs = asked(stuck, 128 * KIB);

    for (let round = 0; round < 100; round++) {
      await mine.take(space.reservedBytes - mine.usedBytes);
      mine.give(mine.usedBytes);
    }

    assert.equal(theirs.isGranted, false);
    assert.ok(space.usedBytes <= space.limitBytes);
  });

  test("keeps a part for each that has not begun to print, while another takes what it can", async () => {
    const space = newSpace();
    const stuck = join(space);
    for (let given = 0; given < 9; given++) await stuck.take(64 * KIB);
    const more = asked(stuck, 1);

    for (let other = 0; other < 7; other++) await join(space).take(64 * KIB);

    assert.equal(more.isGranted, false);
    assert.equal(space.usedBytes, space.limitBytes);
  });

  test("goes on past a queue as soon as its own part is free", async () => {
    const space = newSpace();
    const stuck = join(space);
    const mine = join(space);
    await take(mine, space.reservedBytes);
    await take(stuck, 500 * KIB);
    asked(stuck, 128 * KIB);
    const more = asked(mine, space.reservedBytes);
    await turn();
    assert.equal(more.isGranted, false);

    mine.give(space.reservedBytes);

    await more.granted;
  });

  test("keeps no part for what has ended", async () => {
    const space = newSpace();
    const ended = Array.from({ length: 8 }, () => join(space));
    for (const share of ended) await take(share, 10);
    const big = join(space);
    await take(big, 400 * KIB);
    const more = asked(big, 150 * KIB);
    await turn();
    assert.equal(more.isGranted, false);

    for (const share of ended) share.stopGrowing();

    await more.granted;
    assert.equal(space.usedBytes, 550 * KIB + 80);
  });

  test("counts what was found on the disk, also beyond the limit, and lets nobody add to it", async () => {
    const space = newSpace();
    const found = join(space);
    found.hold(2000 * KIB);
    const one = asked(join(space), 10);
    await turn();
    assert.equal(one.isGranted, false);

    found.leave();

    await one.granted;
    assert.equal(space.usedBytes, 10);
  });

  test("fails whoever no longer waits, and nobody else", async () => {
    const space = newSpace();
    const [one, two] = [join(space), join(space)];
    await take(one, 500 * KIB);
    await take(two, 64 * KIB);
    const first = asked(one, 100 * KIB);
    const second = asked(two, 100 * KIB);

    one.refuse(new Error("stopped"));

    await assert.rejects(first.granted, /stopped/);
    await assert.rejects(one.take(100 * KIB), /stopped/);
    one.give(400 * KIB);
    await second.granted;
  });
});
