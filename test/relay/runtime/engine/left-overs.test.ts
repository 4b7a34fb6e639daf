import assert from "node:assert/strict";
import { test } from "vitest";
import { leftOvers } from "../../../../relay/runtime/engine/left-overs.ts";
import { waitFor } from "../../../support/wait.ts";

test("what could not be removed is removed once the engine answers", async () => {
  const removed: string[] = [];
  let refusals = 3;
  async function remove(id: string): Promise<void> {
    if (refusals-- > 0) throw new Error("no answer");
    removed.push(id);
  }
  const left = leftOvers({ remove, retryMs: 1 });

  left.add("one", new Error("no answer"));
  left.add("two", new Error("no answer"));
  await waitFor(() => removed.length === 2);

  assert.deepEqual(removed, ["one", "two"]);
});

test("nothing is tried after its end", async () => {
  let tries = 0;
  const failing = Promise.withResolvers<void>();
  const left = leftOvers({
    remove() {
      tries += 1;
      return failing.promise;
    },
    retryMs: 1,
  });
  left.add("one", new Error("no answer"));
  await waitFor(() => tries === 1);

  left.stop();
  failing.reject(new Error("no answer"));
  left.add("two", new Error("no answer"));
  await new Promise((resolve) => setTimeout(resolve, 20));

  assert.equal(tries, 1);
});
