import assert from "node:assert/strict";
import { describe, test } from "vitest";
import { uuidv7 } from "../../../relay/wire/ids.ts";
import {
  type Life,
  newRecord,
  newSubject,
  type StoreUnderTest,
} from "./execution-store-subject.ts";

/** What every execution store promises: the SQL one, and the one in memory for the model test. */
export function executionStoreContract(name: string, under: () => StoreUnderTest): void {
  const subject = (change?: Parameters<typeof newSubject>[1]) => newSubject(under(), change);

  async function anotherLife(relayId: string = uuidv7()): Promise<Life> {
    const life = { relayId, epoch: `epoch-${uuidv7()}` };
    await under().enrol(life);
    return life;
  }

  describe(`${name}: recording`, () => {
    test("what names no relay waits; what names one is offered to it", async () => {
      const life = await anotherLife();
      const waiting = newRecord();
      const offered = newRecord(life);

      const outcomes = [await under().record(waiting), await under().record(offered)];
      const rows = await Promise.all(
        [waiting, offered].map(({ id }) => under().executions.find(under().workspaceId, id)),
      );

      assert.deepEqual(outcomes, ["recorded", "recorded"]);
      assert.deepEqual(
        rows.map((row) => [row?.state, row?.attempt, row?.relayId]),
        [
          ["queued", 1, null],
          ["offered", 1, life.relayId],
        ],
      );
    });

    test("the same record again changes nothing and gets the same answer", async () => {
      const limit = { concurrencyKey: uuidv7(), concurrencyMax: 1 };
      const life = await anotherLife();
      const [first, second] = [newRecord({ ...life, ...limit }), newRecord({ ...life, ...limit })];

      const outcomes: string[] = [];
      for (const each of [first, second, first, second]) outcomes.push(await under().record(each));

      assert.deepEqual(outcomes, ["recorded", "limited", "recorded", "limited"]);
      assert.deepEqual(await under().events(second.id), ["invocation.requested"]);
    });

    test("another workspace does not see it", async () => {
      const { id } = await subject();

      assert.equal(await under().executions.find(uuidv7(), id), undefined);
    });
  });

  describe(`${name}: offering`, () => {
    test("takes it out of the queue once, in its present attempt only", async () => {
      const it = await subject();

      const outcomes = [await it.offer(2), await it.offer(1), await it.offer(1)];

      assert.deepEqual(outcomes, ["gone", "offered", "gone"]);
      assert.deepEqual(await it.events(), ["invocation.requested", "execution.offered"]);
    });

    test("taken back, it has the next number, and only the offered attempt can be", async () => {
      const it = await subject();
      const take = (attempt: number) => under().executions.requeue(it.key(attempt), "refused");

      const early = await take(1);
      await it.offer();
      const [other, next, again] = [await take(2), await take(1), await take(1)];
      const row = await under().executions.find(under().workspaceId, it.id);

      assert.deepEqual([early, other, next, again], [undefined, undefined, 2, undefined]);
      assert.deepEqual(
        [row?.state, row?.attempt, row?.relayId, row?.epoch, row?.reason],
        ["queued", 2, null, null, "refused"],
      );
    });

    test("nothing that was started is taken back", async () => {
      const it = await subject();
      await it.run();

      assert.equal(await under().executions.requeue(it.key(1), "too late"), undefined);
      assert.equal(await it.state(), "started");
    });

    test("as many of one key as may run at once are offered, whatever comes of them", async () => {
      const limit = { concurrencyKey: uuidv7(), concurrencyMax: 2, lostAfterMs: 1000 };
      const all = [await subject(limit), await subject(limit), await subject(limit)];
      const [one, two, three] = [
        all[0] ?? assert.fail(),
        all[1] ?? assert.fail(),
        all[2] ?? assert.fail(),
      ];

      await one.run();
      await two.offer();
      const whileOffered = await three.offer();
      await one.silence();
      await under().age(2000);
      await one.silence();
      const whileUnknown = await three.offer();
      await under().executions.requeue(two.key(1), "refused");
      const whenOneIsBack = await three.offer();
      const twoNow = await two.offer(2);
      await one.settle("succeeded");
      const whenOneHasEnded = await two.offer(2);

      assert.deepEqual(
        [whileOffered, whileUnknown, whenOneIsBack, twoNow, whenOneHasEnded],
        ["limited", "limited", "offered", "limited", "offered"],
      );
    });
  });

  describe(`${name}: starting`, () => {
    test("is granted to whom it was offered, and again when asked again", async () => {
      const it = await subject();
      await it.offer();

      const first = await under().executions.start(it.key(1), it.life);
      const second = await under().executions.start(it.key(1), it.life);

      const goodForMs = 30_000;
      assert.deepEqual(first, { answer: "granted", replyBot: "bot-1", goodForMs });
      assert.deepEqual(second, first);
      assert.deepEqual(await it.events(), [
        "invocation.requested",
        "execution.offered",
        "execution.started",
      ]);
    });

    test("is refused to another attempt, relay or epoch, before and after", async () => {
      const it = await subject();
      await it.offer();
      const stranger = await anotherLife();
      const nextLife = { ...it.life, epoch: "another" };
      const tries = async () => [
        await it.start(2),
        await it.start(1, stranger),
        await it.start(1, nextLife),
      ];

      const before = await tries();
      await it.start();
      const after = await tries();

      assert.deepEqual(before, Array(3).fill("offered to another"));
      assert.deepEqual(after, Array(3).fill("offered to another"));
    });

    test("is good for no longer than silence may last", async () => {
      const it = await subject({ lostAfterMs: 5000 });
      await it.offer();

      const first = await under().executions.start(it.key(), it.life);
      const again = await under().executions.start(it.key(), it.life);

      assert.deepEqual([first.goodForMs, again.goodForMs], [5000, 5000]);
    });

    test("is refused to a life that is not the newest, and to a suspended relay", async () => {
      const [old, suspended] = [await subject(), await subject()];
      await old.offer();
      await suspended.offer();

      await under().changeRelay(old.life.relayId, { epoch: "newer" });
      await under().changeRelay(suspended.life.relayId, { state: "suspended" });

      assert.equal(await old.start(), "offered to another");
      assert.equal(await suspended.start(), "offered to another");
    });

    test("is refused with the state that stands in the way", async () => {
      const [queued, cancelled, ended] = [await subject(), await subject(), await subject()];
      await cancelled.offer();
      await cancelled.cancel();
      await ended.run();
      await ended.settle("failed");

      assert.equal(await queued.start(), "queued");
      assert.equal(await cancelled.start(), "cancelled");
      assert.equal(await ended.start(), "failed");
      const nothing = { ...queued.key(1), executionId: uuidv7() };
      const { answer } = await under().executions.start(nothing, queued.life);
      assert.equal(answer, "no such execution");
    });

    test("is refused where the relay has said that this attempt is over", async () => {
      const it = await subject();
      await it.offer();
      assert.equal(await it.settle("succeeded"), "late");

      assert.equal(await it.start(), "offered to another");
    });
  });

  describe(`${name}: results`, () => {
    test.each(["succeeded", "failed", "timed-out", "cancelled", "interrupted"] as const)(
      "%s ends it once; a repeat changes nothing",
      async (status) => {
        const it = await subject();
        await it.run();

        const outcomes = [await it.settle(status), await it.settle(status)];

        assert.deepEqual(outcomes, ["settled", "repeat"]);
        assert.equal(await it.state(), status);
        assert.deepEqual((await it.events()).slice(-2), ["execution.ended", "invocation.ended"]);
        assert.deepEqual((await under().executions.ended(it.key().workspaceId, [it.id])).length, 1);
      },
    );

    test("of an attempt that this relay never had is not used", async () => {
      const it = await subject();
      await it.run();

      const stranger = await it.settle("succeeded", 1, await anotherLife());
      const another = await it.settle("succeeded", 2);

      assert.deepEqual([stranger, another], ["not yours", "not yours"]);
      assert.equal(await it.state(), "started");
    });

    test("not begun puts it back under the next number, also before it was claimed", async () => {
      const [offered, started] = [await subject(), await subject()];
      await offered.offer();
      await started.run();

      assert.equal(await offered.settle("not-begun"), "requeued");
      assert.equal(await started.settle("not-begun"), "requeued");
      assert.deepEqual(
        [await offered.state(), await offered.attempt(), await started.attempt()],
        ["queued", 2, 2],
      );
      const { workspaceId } = started.key();
      const [start, ...more] = await under().executions.starts(workspaceId, started.id);
      const { startedAt, ...said } = start ?? assert.fail("no start is on record");
      assert.deepEqual(said, {
        attempt: 1,
        relayId: started.life.relayId,
        jws: "signed not-begun",
      });
      assert.deepEqual([more, startedAt instanceof Date], [[], true]);
    });

    test("not begun is the end of what somebody has cancelled", async () => {
      const it = await subject();
      await it.run();
      await it.cancel();

      assert.equal(await it.settle("not-begun"), "settled");
      assert.equal(await it.state(), "cancelled");
    });

    test("that comes after another end is kept beside it", async () => {
      const it = await subject();
      await it.offer();
      await it.cancel();

      assert.equal(await it.settle("not-begun"), "late");
      assert.equal(await it.settle("not-begun"), "repeat");
      assert.equal(await it.state(), "cancelled");
    });

    test("interrupted starts again what may run more than once, as often as it may", async () => {
      const it = await subject({ delivery: "at-least-once", mostStarts: 2 });
      await it.run();

      assert.equal(await it.settle("interrupted"), "requeued");
      await it.run(2);
      assert.equal(await it.settle("interrupted", 2), "settled");
      assert.equal(await it.state(), "interrupted");
    });

    test("interrupted is the end of what somebody has cancelled", async () => {
      const it = await subject({ delivery: "at-least-once", mostStarts: 3 });
      await it.run();
      await it.cancel();

      assert.equal(await it.settle("interrupted"), "settled");
      assert.equal(await it.state(), "interrupted");
    });

    test("of an earlier start is kept beside the later one", async () => {
      const it = await subject({ delivery: "at-least-once", mostStarts: 2, lostAfterMs: 1000 });
      await it.run();
      await it.silence();
      await under().age(2000);
      assert.equal(await it.silence(), "requeued");
      const other = await anotherLife();
      await it.run(2, other);

      assert.equal(await it.settle("succeeded", 1), "late");
      assert.equal(await it.settle("succeeded", 1), "repeat");
      assert.equal(await it.state(), "started");
      assert.equal(await it.settle("failed", 2, other), "settled");
    });
  });

  describe(`${name}: silence`, () => {
    test("of lost_after makes it unknown, and the relay's result settles that", async () => {
      const it = await subject({ lostAfterMs: 5000 });
      await it.run();

      const first = await it.silence();
      await under().age(4000);
      const early = await it.silence();
      await under().age(2000);
      const late = await it.silence();

      assert.deepEqual([first, early, late], ["noted", "noted", "unknown"]);
      assert.equal((await under().executions.ended(it.key().workspaceId, [it.id])).length, 1);
      assert.equal(await it.settle("succeeded"), "settled");
      assert.equal(await it.state(), "succeeded");
    });

    test("ends when any bot hears that life of the relay, and no other", async () => {
      const it = await subject({ lostAfterMs: 5000 });
      const { executions, workspaceId } = under();
      const { relayId, epoch } = it.life;
      await it.run();
      await it.silence();
      await under().age(4000);

      await executions.hear(workspaceId, [`${relayId}/another`, `${uuidv7()}/${epoch}`]);
      await executions.hear(workspaceId, [`${relayId}/${epoch}`]);
      const begunAnew = await it.silence();
      await under().age(4000);
      await executions.hear(workspaceId, [`${relayId}/another`]);
      await under().age(2000);

      assert.deepEqual([begunAnew, await it.silence()], ["noted", "unknown"]);
    });

    test("ends when the relay asks again for its permit, and not when another one does", async () => {
      const it = await subject({ lostAfterMs: 5000 });
      await it.run();
      await it.silence();
      await under().age(4000);

      await it.start(1, { ...it.life, epoch: "another" });
      const stillSilent = await it.silence();
      await it.start(1, it.life);
      await under().age(2000);
      const askedAgain = await it.silence();
      await under().age(4000);
      await it.start(1, { ...it.life, epoch: "another" });
      await under().age(2000);

      assert.deepEqual([stillSilent, askedAgain], ["noted", "noted"]);
      assert.equal(await it.silence(), "unknown");
    });

    test("says nothing of another attempt, or of what does not run", async () => {
      const it = await subject({ lostAfterMs: 1 });
      await it.offer();
      const offered = await it.silence();
      await it.start();
      const another = await it.silence(2);
      await under().age(1000);

      assert.deepEqual([offered, another, await it.silence(2)], ["noted", "noted", "noted"]);
      assert.equal(await it.state(), "started");
    });

    test("starts again what may run more than once, but not what was cancelled", async () => {
      const often = { delivery: "at-least-once" as const, mostStarts: 2, lostAfterMs: 1000 };
      const [free, wished] = [await subject(often), await subject(often)];
      for (const it of [free, wished]) await it.run();
      await wished.cancel();
      for (const it of [free, wished]) await it.silence();
      await under().age(2000);

      assert.equal(await free.silence(), "requeued");
      assert.equal(await wished.silence(), "unknown");
      assert.deepEqual([await free.state(), await free.attempt()], ["queued", 2]);
    });

    test("a person may mark what is unknown; the late result stays beside the mark", async () => {
      const it = await subject({ lostAfterMs: 1000 });
      await it.run();
      assert.equal(await under().mark(it.id, "failed"), "started");
      await it.silence();
      await under().age(2000);
      await it.silence();

      assert.equal(await under().mark(it.id, "failed"), "unknown");
      assert.equal(await it.settle("succeeded"), "late");
      assert.equal(await it.state(), "failed");
    });
  });

  describe(`${name}: cancelling and expiring`, () => {
    test("cancels at once what has not started, and stores the wish for what has", async () => {
      const [queued, offered, started] = [await subject(), await subject(), await subject()];
      await offered.offer();
      await started.run();
      const all = [queued, offered, started];

      const found = await Promise.all(all.map((it) => it.cancel()));

      assert.deepEqual(found, ["queued", "offered", "started"]);
      assert.deepEqual(await Promise.all(all.map((it) => it.state())), [
        "cancelled",
        "cancelled",
        "started",
      ]);
      assert.deepEqual((await queued.events()).slice(1), ["execution.ended", "invocation.ended"]);
      assert.equal((await started.events()).at(-1), "execution.cancel-requested");
    });

    test("stores the wish once, also for what is unknown, and none for what has ended", async () => {
      const it = await subject({ lostAfterMs: 1000 });
      await it.run();
      await it.silence();
      await under().age(2000);
      await it.silence();

      const found = [await it.cancel(), await it.cancel()];
      await it.settle("cancelled");
      found.push(await it.cancel());

      assert.deepEqual(found, ["unknown", "unknown", "cancelled"]);
      const wishes = (await it.events()).filter((kind) => kind === "execution.cancel-requested");
      assert.equal(wishes.length, 1);
    });

    test("says so where there is no such execution", async () => {
      const { executions, workspaceId } = under();
      const by = { userId: uuidv7(), method: "test" };

      const found = await executions.requestCancel({ workspaceId, executionId: uuidv7() }, by);

      assert.equal(found, undefined);
    });

    test("what waits expires after queue_timeout, with the reason why it waited", async () => {
      const it = await subject({ queueTimeoutMs: 5000 });
      const { executions, workspaceId } = under();
      const early = await executions.expire(workspaceId, it.id);
      await executions.noteWaiting(it.key(1), "no relay is free");
      await executions.noteWaiting(it.key(2), "of another attempt");
      await under().age(6000);

      const late = [
        await executions.expire(workspaceId, it.id),
        await executions.expire(workspaceId, it.id),
      ];
      const row = await executions.find(workspaceId, it.id);

      assert.deepEqual([early, ...late], [false, true, false]);
      assert.deepEqual([row?.state, row?.reason], ["expired", "no relay is free"]);
      assert.deepEqual((await it.events()).slice(-2), ["execution.ended", "invocation.ended"]);
    });

    test("what is offered or runs does not expire", async () => {
      const it = await subject({ queueTimeoutMs: 1000 });
      await it.offer();
      await under().age(5000);

      assert.equal(await under().executions.expire(under().workspaceId, it.id), false);
      await it.start();
      assert.equal(await under().executions.expire(under().workspaceId, it.id), false);
    });
  });

  describe(`${name}: output`, () => {
    test("is stored once for each offset, and the end of what is there is told", async () => {
      const it = await subject();
      await it.run();

      const ends = [await it.print("four"), await it.print("longer"), await it.print("x", 9)];

      assert.deepEqual(ends, [9, 9, 15]);
    });

    test("is taken from the relay that was permitted, in that attempt, and nobody else", async () => {
      const it = await subject();
      const before = await it.print("early");
      await it.offer();
      const offered = await it.print("early");
      await it.start();

      const stranger = await it.print("x", 0, 1, await anotherLife());
      const another = await it.print("x", 0, 2);

      assert.deepEqual([before, offered, stranger, another], Array(4).fill(undefined));
      assert.equal(await it.print("mine"), 9);
    });

    test("beyond what the command may print, or too far ahead, is not taken", async () => {
      const [small, large] = [await subject(), await subject({ outputBytes: 16 * 1024 * 1024 })];
      await small.run();
      await large.run();

      assert.equal(await small.print("x", 1024 * 6 + 65_536), undefined);
      assert.equal(await large.print("x", 2 * 1024 * 1024 + 1), undefined);
      assert.equal(await large.print("x", 2 * 1024 * 1024), 2 * 1024 * 1024 + 6);
      assert.equal(await large.print("x", 3 * 1024 * 1024), 3 * 1024 * 1024 + 6);
    });

    test("is taken after the end, and after the execution has moved on to another start", async () => {
      const often = { delivery: "at-least-once" as const, mostStarts: 2 };
      const [ended, restarted] = [await subject(), await subject(often)];
      await ended.run();
      await ended.settle("failed");
      await restarted.run();
      await restarted.settle("interrupted");
      await restarted.run(2, await anotherLife());

      assert.equal(await ended.print("late"), 9);
      assert.equal(await restarted.print("late"), 9);
    });
  });

  describe(`${name}: what needs looking at`, () => {
    test("is what waits, with who asked and what is on record of it", async () => {
      const [fresh, again] = [await subject(), await subject()];
      await again.run();
      await again.settle("not-begun");
      const { executions, workspaceId } = under();

      const open = await executions.listOpen(workspaceId, [], undefined);
      const [first, second] = [fresh, again].map(({ id }) => open.find(({ row }) => row.id === id));

      assert.deepEqual(
        [first?.wasStarted, first?.hasEnded, first?.isOfferStale],
        [false, false, false],
      );
      assert.deepEqual([second?.wasStarted, second?.hasEnded], [true, false]);
      assert.equal(first?.row.state, "queued");
    });

    test("is an offer that was not claimed in time", async () => {
      const it = await subject({ offerTimeoutMs: 5000 });
      await it.offer();
      const early = await it.isListed();
      await under().age(6000);

      assert.deepEqual([early, await it.isListed()], [false, true]);
      await it.start();
      assert.equal(await it.isListed([it.life]), false);
    });

    test("is what runs on a life that this bot does not hear, or is to be cancelled", async () => {
      const it = await subject();
      await it.run();

      const [unheard, heard] = [await it.isListed(), await it.isListed([it.life])];
      const other = await it.isListed([{ ...it.life, epoch: "another" }]);
      await it.cancel();

      assert.deepEqual([unheard, heard, other], [true, false, true]);
      assert.equal(await it.isListed([it.life]), true);
      await it.settle("cancelled");
      assert.equal(await it.isListed(), false);
    });

    test("comes in order, page after page", async () => {
      const [one, two] = [await subject(), await subject()];
      const { executions, workspaceId } = under();
      const [first, second] = [one.id, two.id].sort();

      const all = (await executions.listOpen(workspaceId, [], undefined)).map(({ row }) => row.id);
      const rest = (await executions.listOpen(workspaceId, [], first)).map(({ row }) => row.id);

      assert.deepEqual(all, all.toSorted());
      assert.equal(rest.includes(first ?? ""), false);
      assert.equal(rest.includes(second ?? ""), true);
    });
  });
}
