import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "vitest";
import { packageRoot } from "../../relay/process/package-root.ts";
import { generatedPages } from "./generated.ts";

test.each(generatedPages())("$path is what `npm run docs` would write", ({ path, text }) => {
  assert.equal(readFileSync(join(packageRoot(), path), "utf8"), text);
});
