import assert from "node:assert/strict";
import { chmod, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, test, vi } from "vitest";
import {
  type EmbeddedPostgres,
  startEmbeddedPostgres,
} from "../../../bot/store/embedded-postgres.ts";
import { migrate } from "../../../bot/store/migrate.ts";
import { createLogger } from "../../../relay/process/logger.ts";
import { uuidv7 } from "../../../relay/wire/ids.ts";
import { startTestBot, type TestBot } from "../../support/bot.ts";
import { type NativeRelay, startNativeRelay } from "../../support/native-relay.ts";
import { type PostgresProxy, startPostgresProxy } from "../../support/postgres-proxy.ts";
import { waitFor } from "../../support/wait.ts";
import { checkGoesOn, outcomeOf } from "./fault-outcome.ts";

vi.setConfig({ testTimeout: 90_000, hookTimeout: 90_000 });

/** Postgres itself is restarted at each statement between a line and its end. */
let folder: string;
let postgres: EmbeddedPostgres;
let proxy: PostgresProxy;
let bot: TestBot;
let relay: NativeRelay;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "aldis-restart-"));
  await chmod(folder, 0o711);
  await start();
  await migrate(postgres.ownerUrl, postgres.appUrl);
  proxy = await startPostgresProxy(postgres.appUrl);
  const database = { url: proxy.url, ownerUrl: postgres.ownerUrl, drop: async () => {} };
  bot = await startTestBot({ database });
  relay = await startNativeRelay(bot);
});

afterEach(() => checkGoesOn(bot, relay));

afterAll(async () => {
  await relay.stop();
  await bot.close();
  await proxy.stop();
  await postgres.stop();
  await rm(folder, { recursive: true, force: true });
});

/** With what it has committed on the disk, as `kill -9` must find it. */
async function start(): Promise<void> {
  postgres = await startEmbeddedPostgres({
    directory: join(folder, "postgres"),
    log: createLogger({ level: "silent" }),
  });
}

const ways: readonly (readonly [way: string, end: () => Promise<void>])[] = [
  ["a fast shutdown", () => postgres.stop()],
  ["kill -9", killPostmaster],
];

async function killPostmaster(): Promise<void> {
  const file = join(postgres.directory, "cluster/postmaster.pid");
  const pid = Number((await readFile(file, "utf8")).split("\n")[0]);
  process.kill(pid, "SIGKILL");
  await waitFor(() => !isAlive(pid), { what: "the postmaster's end" });
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

const steps: readonly (readonly [step: string, statement: RegExp])[] = [
  ["its caller is read", /with account as/],
  ["it is recorded", /select record_invocation\(/],
  ["its claim is granted", /select start_execution\(/],
  ["its output is stored", /select store_output\(/],
  ["its result is stored", /select settle_execution\(/],
];

describe.each(ways)("Postgres restarted by %s", (_, end) => {
  test.each(steps)("while %s", async (step, statement) => {
    bot.views.forget(bot.workspaceId);
    const { line, mark } = relay.command();
    const messageId = uuidv7();
    const fault = proxy.on(statement, "held");
    const talk = bot.say(line, { messageId });
    await fault.met;

    await end();
    await start();
    proxy.pointTo(postgres.appUrl);
    fault.release();

    const outcome = await outcomeOf(postgres.ownerUrl, relay, { talk, messageId, mark });
    if (/read$/.test(step)) assert.match(outcome.told, /nothing was run, try again/);
    else if (!/may still run|nothing was run/.test(outcome.told)) assert.equal(outcome.ran, 1);
  });
});
