import assert from "node:assert/strict";
import { describe, test } from "vitest";
import { loadBuiltIn } from "../../../bot/bundles/built-in.ts";

const bundle = await loadBuiltIn();

describe("B89 the bot's own commands are the bundle aldis", () => {
  test("which needs no image", () => {
    assert.deepEqual([bundle.name, bundle.image], ["aldis", undefined]);
  });

  test.each(Object.values(bundle.commands))("$name is decided by rules", ({ rules }) => {
    assert.ok(rules.length > 0);
  });
});
