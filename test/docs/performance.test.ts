import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "vitest";
import { packageRoot } from "../../relay/process/package-root.ts";
import { readPage } from "./markdown.ts";

test("the page names every bench, and no other", () => {
  const source = readFileSync(join(packageRoot(), "test/bench/bench.ts"), "utf8");
  const benches = [...source.matchAll(/^ {2}(\w+): async \(\) =>/gm)].map(([, id]) => id);

  const { text } = readPage("docs/performance.md");
  const named = [...text.matchAll(/^\| `(\w+)` \|/gm)].map(([, id]) => id);

  assert.ok(benches.length > 5);
  assert.deepEqual(named.toSorted(), benches.toSorted());
});
