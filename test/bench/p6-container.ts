import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { waitForRelay } from "../../bot/cli/up/wait-for-relay.ts";
import { createBody } from "../../relay/runtime/engine/create-body.ts";
import type { RunSpec } from "../../relay/runtime/runtime.ts";
import { startEngine, type TestEngine } from "../support/engines.ts";
import { type Figure, type Round, timed } from "./measure.ts";
import { openStage, type Stage } from "./stage.ts";
import { runOnce } from "./whole-path.ts";

const MIB = 2 ** 20;
const ROUND_MIB = 64;
const ROUNDS = 5;
const DRIVERS = ["none", "local", "json-file"] as const;
type Driver = (typeof DRIVERS)[number];

/** Bytes that no database can compress: a file of 16 MiB in memory, printed four times. */
const SCRIPT =
  "head -c 16777216 /dev/urandom > /tmp/some; for n in 1 2 3 4; do cat /tmp/some; done";
const ARGV = ["sh", "-c", SCRIPT];

/** Output from a container to the database, against the same container's stream into a hash. */
export async function measureP6Container(): Promise<Figure[]> {
  const engine = await startEngine("docker");
  try {
    const figures: Figure[] = [];
    for (const driver of DRIVERS) figures.push(await measureWith(engine, driver));
    return figures;
  } finally {
    await engine.stop();
  }
}

async function measureWith(engine: TestEngine, driver: Driver): Promise<Figure> {
  const stage = await openStage(bundle());
  const relay = await startEngineRelay(stage, engine, driver);
  const floor = fork(join(import.meta.dirname, "attach-hash.ts"), [engine.socket]);
  try {
    const body = bodyWith(engine.image, driver);
    await runOnce(stage.bot, "!bench:print");
    await bare(floor, body);
    const rounds: Round[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const ms = await timed(() => runOnce(stage.bot, "!bench:print"));
      const bareMs = await bare(floor, body);
      rounds.push({ measured: (ROUND_MIB * 1000) / ms, floor: (ROUND_MIB * 1000) / bareMs });
    }
    return figureOf(driver, rounds);
  } finally {
    relay.disconnect();
    floor.kill();
    await once(relay, "exit");
    await stage.stop();
  }
}

function figureOf(driver: Driver, rounds: Round[]): Figure {
  return {
    id: `P6/${driver}`,
    what: `output of a container to the database, log driver ${driver}`,
    unit: "MiB/s",
    direction: "≥",
    target: 0.6,
    floorName: "a bare attach to the same container, into SHA-256, nothing kept",
    rounds,
    notes: [`${ROUND_MIB} MiB a round, start and removal of the container with it`],
  };
}

async function startEngineRelay(
  stage: Stage,
  { socket, image }: TestEngine,
  driver: Driver,
): Promise<ChildProcess> {
  const dataDirectory = join(stage.directory, "relay-host");
  await mkdir(dataDirectory, { mode: 0o700 });
  const token = await stage.joinToken("bench");
  const words = [stage.natsUrl, token, dataDirectory, socket, image, driver];
  const relay = fork(join(import.meta.dirname, "engine-relay.ts"), words);
  await once(relay, "message");
  const { registry } = stage.bot.dispatch;
  const known = registry.list(stage.bot.workspaceId)[0];
  if (!known) throw new Error("the bench relay is not enrolled");
  await waitForRelay(registry, known.id, 20_000);
  return relay;
}

function bodyWith(image: string, driver: Driver): object {
  const spec: RunSpec = {
    name: "bare",
    image,
    argv: ARGV,
    env: {},
    network: "none",
    mounts: [],
    limits: {
      timeoutMs: 60_000,
      outputBytes: 2 ** 31,
      memoryBytes: 256 * MIB,
      pids: 64,
      cpus: 1,
      tmpBytes: 64 * MIB,
    },
    mayStart: () => true,
    onCreated: async () => {},
  };
  const body = createBody("docker", spec, { relayId: "bare", hasInit: true, volumes: [] });
  return { ...body, HostConfig: { ...body.HostConfig, LogConfig: { Type: driver } } };
}

/** The relay of the bench takes its own image in place of the one that is named here. */
function bundle(): string {
  return `
aldis_bundle_version: 1
name: bench
version: 1.0.0
description: Prints.
image: bench/image:1@sha256:${"0".repeat(64)}
commands:
  print:
    description: Prints.
    executable: ${JSON.stringify(ARGV)}
    options: {}
    rules: [allow]
    limits: { output: 2Gi, memory: 256Mi, tmp: 64Mi, timeout: 5m }
`;
}

function bare(floor: ChildProcess, body: object): Promise<number> {
  return new Promise((resolve, reject) => {
    floor.once("message", (answer: { ms: number }) => resolve(answer.ms));
    floor.once("error", reject);
    floor.send(body);
  });
}
