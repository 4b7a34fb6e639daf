import assert from "node:assert/strict";
import { test } from "vitest";
import { atMostInHand } from "../../../bot/dispatch/in-hand.ts";

test("one relay's messages beyond the limit are dropped, another's are not, and room comes back", async () => {
  const inHand = atMostInHand(2);
  const gate = Promise.withResolvers<void>();
  const done: string[] = [];
  const work = (name: string) => () => gate.promise.then(() => void done.push(name));
  const first = [inHand("a", work("a1")), inHand("a", work("a2"))];

  const third = await inHand("a", work("a3"));
  const other = inHand("b", work("b1"));
  gate.resolve();
  const taken = await Promise.all([...first, other]);
  const later = await inHand("a", work("a4"));

  assert.equal(third, false);
  assert.deepEqual([...taken, later], [true, true, true, true]);
  assert.deepEqual(done.toSorted(), ["a1", "a2", "a4", "b1"]);
});

test("work that fails gives its room back", async () => {
  const inHand = atMostInHand(1);
  const fails = () => Promise.reject(new Error("no"));

  await assert.rejects(inHand("a", fails), /no/);

  assert.equal(await inHand("a", async () => {}), true);
});
