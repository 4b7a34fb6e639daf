import { expect, test } from "vitest";
import { createCleanup } from "../../../relay/process/cleanup.ts";

test("stops in reverse order, each after the one before it has stopped", async () => {
  const cleanup = createCleanup();
  const order: string[] = [];
  cleanup.add("pool", () => void order.push("pool"));
  cleanup.add("bus", async () => {
    await Promise.resolve();
    order.push("bus");
  });

  expect(await cleanup.stop()).toEqual([]);

  expect(order).toEqual(["bus", "pool"]);
});

test("goes on after a failure and after what never ends, and names both", async () => {
  const cleanup = createCleanup({ deadlineMs: 10 });
  const failure = new Error("no");
  let isPoolClosed = false;
  cleanup.add("pool", () => {
    isPoolClosed = true;
  });
  cleanup.add("stuck", () => new Promise(() => {}));
  cleanup.add("broken", () => {
    throw failure;
  });

  const faults = await cleanup.stop();

  expect(faults).toEqual([
    { name: "broken", error: failure },
    { name: "stuck", error: undefined },
  ]);
  expect(isPoolClosed).toBe(true);
});

test("stops everything once, however often it is asked", async () => {
  const cleanup = createCleanup();
  let stops = 0;
  cleanup.add("once", () => {
    stops += 1;
  });

  await Promise.all([cleanup.stop(), cleanup.stop()]);

  expect(stops).toBe(1);
});
