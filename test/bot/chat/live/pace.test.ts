import assert from "node:assert/strict";
import { describe, test } from "vitest";
import { createPace, SlowDown } from "../../../../bot/chat/live/pace.ts";
import { Timeline } from "../../../model/timeline.ts";

const LIMIT = { calls: 1, perMs: 1_000, burst: 3 };

/** A pace in simulated time, and when each call was sent. */
function pacing() {
  const timeline = new Timeline();
  const sent: string[] = [];
  const clock = {
    monotonicMs: () => timeline.nowMs,
    after: (ms: number, act: () => void) => timeline.in(ms, act),
  };
  const pace = createPace({ clock, limitOf: () => LIMIT });
  const send = (name: string) => async () => {
    sent.push(`${name} at ${timeline.nowMs / 1_000}`);
  };
  return { timeline, pace, sent, send, done: () => timeline.run(() => false) };
}

describe("calls of one limit", () => {
  test("go at once up to the burst, then as fast as the limit fills", async () => {
    const { pace, sent, send, done } = pacing();

    for (const name of ["a", "b", "c", "d", "e"]) {
      void pace.run({ counts: ["edit"], urgency: "soon", send: send(name) });
    }
    await done();

    assert.deepEqual(sent, ["a at 0", "b at 0", "c at 0", "d at 1", "e at 2"]);
  });

  test("that are urgent go before those that wait already, and spare ones leave something", async () => {
    const { pace, sent, send, done } = pacing();

    for (const name of ["a", "b", "c"]) {
      void pace.run({ counts: ["edit"], urgency: "spare", send: send(name) });
    }
    void pace.run({ counts: ["edit"], urgency: "soon", send: send("end") });
    await done();

    assert.deepEqual(sent, ["a at 0", "b at 0", "end at 0", "c at 2"]);
  });

  test("take turns: many that wait are sent in the order in which they came", async () => {
    const { pace, sent, send, done } = pacing();
    const again = async (name: string) => {
      for (let round = 0; round < 3; round++) {
        await pace.run({ counts: ["edit"], urgency: "spare", send: send(name) });
      }
    };

    const all = ["a", "b", "c", "d"].map(again);
    await done();
    await Promise.all(all);

    assert.equal(sent.map((line) => line.charAt(0)).join(""), "abcdabcdabcd");
  });
});

test("a limit that is used up does not hold up calls of another", async () => {
  const { pace, sent, send, done } = pacing();

  for (const name of ["a", "b", "c", "d"]) {
    void pace.run({ counts: ["post", "post C1"], urgency: "now", send: send(name) });
  }
  void pace.run({ counts: ["edit"], urgency: "spare", send: send("other") });
  await done();

  assert.equal(sent.at(-2), "other at 0");
  assert.equal(sent.at(-1), "d at 1");
});

test("what the provider refuses is sent again when it said, and before what came later", async () => {
  const { timeline, pace, sent, send, done } = pacing();
  let isRefused = true;
  const refusedOnce = async () => {
    sent.push(`try at ${timeline.nowMs / 1_000}`);
    if (isRefused) {
      isRefused = false;
      throw new SlowDown(5_000);
    }
  };

  const first = pace.run({ counts: ["edit"], urgency: "soon", send: refusedOnce });
  await Promise.resolve();
  const second = pace.run({ counts: ["edit"], urgency: "soon", send: send("later") });
  await done();
  await Promise.all([first, second]);

  assert.equal(sent[0], "try at 0");
  assert.ok(sent.includes("try at 5"));
});

test("what waits can be given up, and takes nothing", async () => {
  const { pace, sent, send, done } = pacing();
  const giveUp = new AbortController();
  for (const name of ["a", "b", "c"]) {
    void pace.run({ counts: ["edit"], urgency: "soon", send: send(name) });
  }
  const waiting = pace.run({
    counts: ["edit"],
    urgency: "soon",
    signal: giveUp.signal,
    send: send("given up"),
  });

  giveUp.abort();
  await assert.rejects(waiting);
  void pace.run({ counts: ["edit"], urgency: "soon", send: send("next") });
  await done();

  assert.deepEqual(sent.slice(3), ["next at 1"]);
});
