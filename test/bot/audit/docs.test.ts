import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "vitest";
import { packageRoot } from "../../../relay/process/package-root.ts";

const read = (path: string) => readFileSync(join(packageRoot(), path), "utf8");

/** Kinds of events that the program and its migrations name. */
function kindsRecorded(): Set<string> {
  const sources = globSync("bot/**/*.ts", { cwd: packageRoot() }).map(read);
  const migrations = globSync("migrations/*.sql", { cwd: packageRoot() }).map(read);
  const lines = sources.flatMap((text) => text.split("\n")).filter((line) => /\bkind\b/.test(line));
  const inCode = lines.flatMap((line) => [...line.matchAll(/"([a-z]{2,}\.[a-z-]+)"/g)]);
  const inSql = migrations.flatMap((text) => [
    ...text.matchAll(/'((?:invocation|execution)\.[a-z-]+)'/g),
  ]);
  return new Set([...inCode, ...inSql].map(([, kind]) => kind ?? ""));
}

test("docs/audit.md lists every kind of event that is recorded", () => {
  const [, table = ""] = read("docs/audit.md").split("## What is recorded\n");
  const listed = new Set([...table.matchAll(/`([a-z]+\.[a-z-]+)`/g)].map(([, kind]) => kind));

  const missing = [...kindsRecorded()].filter((kind) => !listed.has(kind));

  assert.ok(kindsRecorded().size > 25);
  assert.deepEqual(missing, []);
});
