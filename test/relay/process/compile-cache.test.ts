import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "vitest";
import { packageRoot } from "../../../relay/process/package-root.ts";
import { temporaryDirectory } from "../../relay/relay-under-test.ts";

const PROGRAM = join(packageRoot(), "dist/bot/cli/aldis.js");

/** Starts the program with this folder for caches, and says what is in it afterwards. */
function startWith(cacheHome: string): string[] {
  const env = { ...process.env, XDG_CACHE_HOME: cacheHome };
  execFileSync(process.execPath, [PROGRAM, "parse", "!demo:sleep 5"], { env });
  return readdirSync(join(cacheHome, "aldis"));
}

test("what Node has compiled is kept for the next start, for this user alone", async () => {
  const cacheHome = await temporaryDirectory();

  assert.notDeepEqual(startWith(cacheHome), []);
});

test("a cache that others may write to is not used", async () => {
  const cacheHome = await temporaryDirectory();
  mkdirSync(join(cacheHome, "aldis"));
  chmodSync(join(cacheHome, "aldis"), 0o777);

  assert.deepEqual(startWith(cacheHome), []);
});

test("without a place for it the program works all the same", () => {
  const env = { ...process.env, XDG_CACHE_HOME: "/dev/null" };

  const said = execFileSync(process.execPath, [PROGRAM, "parse", "!demo:sleep 5"], { env });

  assert.match(said.toString(), /demo:sleep/);
});
