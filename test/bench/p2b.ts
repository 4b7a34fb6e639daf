import { type ChildProcess, fork, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { waitForRelay } from "../../bot/cli/up/wait-for-relay.ts";
import { packageRoot } from "../../relay/process/package-root.ts";
import { childrenOf } from "../../relay/runtime/native/namespaces.ts";
import { cpuMsOf, cpuMsOfPostgres } from "./cpu.ts";
import { type Figure, ROUNDS, type Round, timed } from "./measure.ts";
import { NOOP } from "./noop-bundle.ts";
import { openStage, type Stage } from "./stage.ts";
import { runMany } from "./whole-path.ts";

const OPERATIONS = 300;
const IN_FLIGHT = 32;
const CAPACITY = 64;

/**
 * Typed line → spawned process → result, all durable, against a loop that only spawns; as a relay
 * is shipped, and without the namespaces that the loop has not either.
 */
export async function measureP2b(): Promise<Figure[]> {
  const plain = await measureWith("none");
  return [plain, await measureWith("auto")];
}

async function measureWith(isolation: "none" | "auto"): Promise<Figure> {
  const stage = await openStage(NOOP);
  const floor = fork(join(import.meta.dirname, "spawn-loop.ts"));
  const relay = await startRelay(stage, isolation);
  try {
    await runMany(stage.bot, "!noop", OPERATIONS, IN_FLIGHT);
    await stage.analyze();
    await spawnLoop(floor);
    const before = cpuNow(stage, relay);
    const rounds: Round[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const measured = await timed(() => runMany(stage.bot, "!noop", OPERATIONS, IN_FLIGHT));
      const bare = await spawnLoop(floor);
      rounds.push({ measured: (OPERATIONS * 1000) / measured, floor: (OPERATIONS * 1000) / bare });
    }
    return figureOf(isolation, rounds, spent(before, cpuNow(stage, relay)));
  } finally {
    relay.kill("SIGTERM");
    floor.kill();
    await once(relay, "exit");
    await stage.stop();
  }
}

function figureOf(isolation: "none" | "auto", rounds: Round[], each: string): Figure {
  const isPlain = isolation === "none";
  return {
    id: isPlain ? "P2b" : "P2b/namespace",
    what: `whole path with a spawned process${isPlain ? "" : ", each in a PID namespace"}`,
    unit: "/s",
    direction: "≥",
    target: 0.7,
    floorName: `child_process.spawn of /bin/true alone, ${IN_FLIGHT} at a time`,
    rounds,
    notes: [
      `${OPERATIONS} executions a round, ${IN_FLIGHT} in flight, fsync on both sides`,
      `processor time for each execution: ${each}`,
    ],
  };
}

interface CpuTime {
  name: string;
  ms: number;
}

function cpuNow(stage: Stage, relay: ChildProcess): CpuTime[] {
  const own = relay.pid ?? 0;
  return [
    { name: "bot", ms: cpuMsOf(process.pid) },
    { name: "relay", ms: cpuMsOf(own) },
    { name: "forker", ms: childrenOf(own).reduce((sum, pid) => sum + cpuMsOf(pid), 0) },
    { name: "Postgres", ms: cpuMsOfPostgres(stage.directory) },
  ];
}

function spent(before: CpuTime[], after: CpuTime[]): string {
  const each = after.map(({ name, ms }, index) => {
    const perExecution = (ms - (before[index]?.ms ?? 0)) / (OPERATIONS * ROUNDS);
    return `${name} ${perExecution.toFixed(2)} ms`;
  });
  return each.join(", ");
}

export async function startRelay(
  stage: Stage,
  isolation: "auto" | "none" = "auto",
): Promise<ChildProcess> {
  const program = join(packageRoot(), "dist/bot/cli/aldis.js");
  const env = {
    PATH: process.env.PATH ?? "",
    ALDIS_DATA_DIR: join(stage.directory, "relay-host"),
    ALDIS_RELAY_NATIVE: "bench",
    ALDIS_RELAY_NATIVE_ISOLATION: isolation,
    ALDIS_RELAY_CAPACITY: String(CAPACITY),
    ALDIS_LOG_LEVEL: "error",
  };
  const token = await stage.joinToken("bench");
  const stdio = ["ignore", "ignore", "inherit"] as const;
  const joining = spawn(process.execPath, [program, "relay", "join", token], {
    env,
    stdio: [...stdio],
  });
  const [code] = await once(joining, "exit");
  if (code !== 0) throw new Error("the bench relay could not join");
  const relay = spawn(process.execPath, [program, "relay"], { env, stdio: [...stdio] });
  const { registry } = stage.bot.dispatch;
  const known = registry.list(stage.bot.workspaceId)[0];
  if (!known) throw new Error("the bench relay is not enrolled");
  await waitForRelay(registry, known.id, 20_000);
  return relay;
}

function spawnLoop(floor: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    floor.once("message", (answer: { ms: number }) => resolve(answer.ms));
    floor.once("error", reject);
    floor.send({ count: OPERATIONS, inFlight: IN_FLIGHT });
  });
}
