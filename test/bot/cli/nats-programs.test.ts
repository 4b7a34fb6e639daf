import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished, test } from "vitest";
import { packageRoot } from "../../../relay/process/package-root.ts";
import { startGuardedServer } from "../../support/guarded-nats.ts";
import { createTestDatabase } from "../../support/postgres.ts";
import { type AldisProcess, startNode } from "../../support/processes.ts";

type Settings = Readonly<Record<string, string>>;

const PROGRAM = join(packageRoot(), "bot/cli/aldis.ts");

function start(args: readonly string[], env: Settings): AldisProcess {
  return startNode([PROGRAM, ...args], { env });
}

async function run(args: readonly string[], env: Settings): Promise<string> {
  const program = start(args, env);
  program.endInput();
  const { code } = await program.exit;
  assert.equal(code, 0, [...program.stdout, ...program.stderr].join("\n"));
  return program.stdout.join("\n");
}

/** A free port, by having one for a moment. */
async function freePort(): Promise<number> {
  const { createServer } = await import("node:net");
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return address !== null && typeof address === "object" ? address.port : 0;
}

test("the printed settings and one join command are all that it takes, from writing to removal", async () => {
  const folder = await mkdtemp(join(tmpdir(), "aldis-nats-programs-"));
  const database = await createTestDatabase();
  onTestFinished(async () => {
    await database.drop();
    await rm(folder, { recursive: true, force: true });
  });
  const [directory, port] = [join(folder, "nats"), await freePort()];
  const address = `nats://127.0.0.1:${port}`;

  const wrote = await run(
    ["nats", "config", "--dir", directory, "--server", address, "--make-tls"],
    {},
  );
  const server = await startGuardedServer(directory, port);
  onTestFinished(() => server.kill());
  const printed = [...wrote.matchAll(/^ {2}(ALDIS_\w+)=(.+)$/gm)];
  const settings = Object.fromEntries(printed.map(([, name = "", value = ""]) => [name, value]));
  const bot = start(["bot"], {
    ...settings,
    ALDIS_DATA_DIR: join(folder, "bot"),
    ALDIS_DATABASE_URL: database.url,
    ALDIS_API_ADDRESS: "127.0.0.1:0",
    ALDIS_STOP_DEADLINE: "1s",
  });
  const { api } = JSON.parse(await bot.waitForLine(/bot ready/));
  const asking = { ALDIS_URL: api, ALDIS_DATA_DIR: join(folder, "bot") };
  const host = { ALDIS_DATA_DIR: join(folder, "host"), ALDIS_RELAY_NATIVE: "demo" };

  const token = await run(["relay", "enrol", "--name", "edge"], asking);
  await run(["relay", "join", token], host);
  const before = start(["relay"], host);
  await before.waitForLine(/relay ready/);
  before.kill("SIGTERM");
  await before.exit;
  await run(["relay", "rotate"], host);
  const relay = start(["relay"], host);
  await relay.waitForLine(/relay ready/);
  await bot.waitForLine(/relay announced/);
  assert.equal(await run(["relay", "remove", "edge"], asking), "edge is removed");

  await relay.waitForLine(/bus lost/, 5_000);
  await relay.waitForLine(/refuses this user/);
}, 120_000);
