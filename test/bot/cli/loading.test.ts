import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { onTestFinished, test } from "vitest";
import { packageRoot } from "../../../relay/process/package-root.ts";
import { startCli } from "./run-cli.ts";

/** Paths below the package of all that the program loads for this. */
async function modulesOf(...args: string[]): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), "aldis-modules-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const list = join(folder, "modules");
  const preload = join(import.meta.dirname, "print-modules.ts");
  await startCli(args, { MODULE_LIST: list }, ["--import", preload]).result;
  const root = pathToFileURL(packageRoot()).href;
  const urls = (await readFile(list, "utf8")).split("\n");
  return urls.filter((url) => url.startsWith(root)).map((url) => url.slice(root.length + 1));
}

test("a relay loads no file of the bot but the program itself", async () => {
  for (const args of [["relay"], ["relay", "join", "nonsense"]]) {
    const modules = await modulesOf(...args);
    assert.ok(modules.includes("relay/main.ts"));
    assert.ok(!modules.some((path) => path.startsWith("node_modules/@nats-io/")));
    assert.deepEqual(
      modules.filter((path) => path.startsWith("bot/")),
      ["bot/cli/aldis.ts"],
    );
  }
});

test("a check of a bundle loads neither database nor chat nor HTTP", async () => {
  const modules = await modulesOf("bundle", "lint", "bundles/demo.yaml");

  assert.ok(modules.includes("bot/bundles/load.ts"));
  const heavy =
    /node_modules\/(pg|drizzle-orm|fastify|nats|pino|@slack|discord\.js)\/|bot\/(store|api|chat)\//;
  assert.deepEqual(
    modules.filter((path) => heavy.test(path)),
    [],
  );
});

const offline: readonly (readonly string[])[] = [
  ["parse", "!sleep 5", "--bundle", "bundles/demo.yaml"],
  ["rules", "test", "allow", "--command", "!sleep 5", "--bundle", "bundles/demo.yaml"],
];

test("what is tried without a bot loads neither database nor chat nor HTTP", async () => {
  const heavy =
    /node_modules\/(pg|drizzle-orm|fastify|nats|pino|jose|@slack|discord\.js)\/|bot\/(store|api|chat|dispatch)\//;

  for (const args of offline) {
    const modules = await modulesOf(...args);
    assert.ok(modules.includes("bot/invocation/offline.ts"));
    assert.ok(modules.includes("bot/bundles/load.ts"));
    assert.deepEqual(
      modules.filter((path) => heavy.test(path)),
      [],
    );
  }
});

test("without a bundle nothing is loaded that reads one", async () => {
  for (const args of offline) {
    const modules = await modulesOf(...args.slice(0, -2));
    assert.ok(modules.includes("bot/invocation/offline.ts"));
    assert.deepEqual(
      modules.filter((path) => /node_modules\/(zod|yaml)\/|bundles\/load/.test(path)),
      [],
    );
  }
});

test("asking a bot loads neither database nor server", async () => {
  const modules = await modulesOf("--url", "http://127.0.0.1:1", "exec", "!help");

  const heavy =
    /node_modules\/(pg|drizzle-orm|fastify|nats|pino|@slack|discord\.js)\/|bot\/store\//;
  assert.deepEqual(
    modules.filter((path) => heavy.test(path)),
    [],
  );
});
