import assert from "node:assert/strict";
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, test, vi } from "vitest";
import { createCleanup } from "../../relay/process/cleanup.ts";
import { packageRoot } from "../../relay/process/package-root.ts";
import { startCutProxy } from "../faults/cut-proxy.ts";
import { freePort } from "../faults/free-port.ts";
import { startPostgres } from "../faults/servers.ts";
import { canStartEngines, startEngine } from "../support/engines.ts";
import { startNatsServer } from "../support/nats-server.ts";
import { needs } from "../support/needs.ts";
import { waitFor } from "../support/wait.ts";
import { BASE_CHANGES, makeBaseRoot } from "./base-image.ts";
import { createDockerCli, type DockerCli } from "./docker-cli.ts";

vi.setConfig({ testTimeout: 900_000, hookTimeout: 120_000 });

const isHere = needs("an engine", canStartEngines);
const cleanup = createCleanup({ deadlineMs: 60_000 });

const BUNDLE = `
aldis_bundle_version: 1
name: probe
version: 1.0.0
description: Says who it is.
commands:
  id: { description: Says who it is., executable: [id, -u], native: true, rules: [allow] }
`;

let docker: DockerCli;
let folder: string;
beforeAll(async () => {
  if (!isHere) return;
  const engine = await startEngine("docker");
  cleanup.add("docker", () => engine.stop());
  docker = createDockerCli(engine.socket);
  folder = await mkdtemp(join(tmpdir(), "aldis-image-"));
  cleanup.add("folder", () => rm(folder, { recursive: true, force: true }));
  await chmod(folder, 0o711);
});
afterAll(() => cleanup.stop());

test("from a base of this machine's files an image is built, and bot and relay of it answer", async () => {
  await buildImage();
  const database = await startDatabase();
  const nats = await startNatsServer();
  cleanup.add("nats", () => nats.stop());
  const api = `127.0.0.1:${await freePort()}`;
  const bot = [
    ...["--network", "host", "--volume", "bot:/var/lib/aldis"],
    ...["--env", `ALDIS_DATABASE_URL=${database.appUrl}`],
    ...["--env", `ALDIS_DATABASE_OWNER_URL=${database.ownerUrl}`],
    ...["--env", `ALDIS_NATS_URL=${nats.url}`, "--env", `ALDIS_API_ADDRESS=${api}`],
  ];
  const relay = [
    ...["--network", "host", "--volume", "relay:/var/lib/aldis"],
    ...["--env", "ALDIS_RELAY_NATIVE=probe"],
  ];
  await writeFile(join(folder, "probe.yaml"), BUNDLE);

  await docker("run", "--detach", "--name", "bot", ...bot, "aldis", "bot");
  await waitForLog("bot", /bot ready/);
  const asked = (...words: string[]) =>
    docker("exec", "--env", `ALDIS_URL=http://${api}`, "bot", ...PROGRAM, ...words);
  const enrolled = await asked("relay", "enrol", "--name", "here");
  const token = /aldis-join-\S+/.exec(enrolled)?.[0] ?? "";
  await docker("run", "--rm", ...relay, "aldis", "relay", "join", token);
  await docker("run", "--detach", "--name", "relay", ...relay, "aldis", "relay");
  await waitForLog("relay", /relay ready/);
  await docker("cp", join(folder, "probe.yaml"), "bot:/tmp/probe.yaml");
  await asked("bundle", "install", "/tmp/probe.yaml", "--enable");

  const answer = await asked("exec", "!probe:id");

  assert.equal(answer.trim(), "65532", "it runs as the image's own user");
});

const PROGRAM = ["node", "/opt/aldis/dist/bot/cli/aldis.js"];

async function buildImage(): Promise<void> {
  const root = join(folder, "base");
  await mkdir(root);
  await makeBaseRoot(root);
  await docker.importRoot(root, "base", BASE_CHANGES);
  const context = packageRoot();
  await docker("build", "--network", "host", "--build-arg", "BASE=base", "--tag", "aldis", context);
}

/** Behind a port of loopback: the image's user may not open the socket of this one. */
async function startDatabase(): Promise<{ appUrl: string; ownerUrl: string }> {
  const { appUrl, ownerUrl, socketPath, stop } = await startPostgres(folder);
  cleanup.add("postgres", stop);
  const proxy = await startCutProxy({ path: socketPath });
  cleanup.add("wire", () => proxy.stop());
  const through = (url: string) => {
    const { username, password, pathname } = new URL(url);
    return `postgres://${username}:${password}@127.0.0.1:${proxy.port}${pathname}`;
  };
  return { appUrl: through(appUrl), ownerUrl: through(ownerUrl) };
}

async function waitForLog(container: string, pattern: RegExp): Promise<void> {
  await waitFor(async () => pattern.test(await docker("logs", container)), {
    what: `${container} to say ${pattern}`,
    timeoutMs: 60_000,
  });
}
