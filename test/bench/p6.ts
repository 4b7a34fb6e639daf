import { type ChildProcess, fork } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { chmod, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { listExecutions, readOutput } from "../../bot/dispatch/executions.ts";
import type { Bot } from "../../bot/main.ts";
import { cpuMsOf, cpuMsOfPostgres } from "./cpu.ts";
import { type Figure, type Round, timed } from "./measure.ts";
import { startRelay } from "./p2b.ts";
import { openStage, type Stage } from "./stage.ts";
import { runMany, runOnce } from "./whole-path.ts";

const MIB = 2 ** 20;
const PART_MIB = 16;
const ROUND_MIB = 64;
const BIG_MIB = 1024;
const ROUNDS = 5;
const PRINTERS = 20;
const BURSTS = 50;
const LINES_PER_BURST = 500;

/** Bytes that no database can compress, printed so often. */
function printing(path: string, mib: number): string[] {
  const times = mib / PART_MIB;
  return ["sh", "-c", `i=0; while [ $i -lt ${times} ]; do cat ${path}; i=$((i+1)); done`];
}

function bundleOf(path: string): string {
  const lines = `for i in $(seq ${BURSTS}); do seq ${LINES_PER_BURST}; sleep 0.1; done`;
  const command = (argv: readonly string[]) =>
    `{ description: Prints., executable: ${JSON.stringify(argv)}, native: true, options: {}, rules: [allow], limits: { output: 2Gi, timeout: 30m } }`;
  return `
aldis_bundle_version: 1
name: bench
version: 1.0.0
description: Prints.
commands:
  some: ${command(printing(path, ROUND_MIB))}
  big: ${command(printing(path, BIG_MIB))}
  lines: ${command(["sh", "-c", lines])}
`;
}

/** Output from a spawned process to the database, against the same pipe into a hash. */
export async function measureP6(): Promise<Figure[]> {
  const path = `/var/tmp/aldis-bench-output-${process.pid}`;
  await writeFile(path, randomBytes(PART_MIB * MIB));
  await chmod(path, 0o644);
  const stage = await openStage(bundleOf(path));
  const floor = fork(join(import.meta.dirname, "pipe-hash.ts"));
  const relay = await startRelay(stage);
  try {
    const speed = await measureSpeed(stage, relay, floor, path);
    return [speed, await measureBig(stage, relay), await measureLines(stage.bot)];
  } finally {
    relay.kill("SIGTERM");
    floor.kill();
    await once(relay, "exit");
    await stage.stop();
    await rm(path, { force: true });
  }
}

async function measureSpeed(
  stage: Stage,
  relay: ChildProcess,
  floor: ChildProcess,
  path: string,
): Promise<Figure> {
  const argv = printing(path, ROUND_MIB);
  const rounds: Round[] = [];
  await runOnce(stage.bot, "!some");
  await bare(floor, argv);
  const before = cpuOf(stage, relay);
  for (let round = 0; round < ROUNDS; round++) {
    const ms = await timed(() => runOnce(stage.bot, "!some"));
    const bareMs = await bare(floor, argv);
    rounds.push({ measured: (ROUND_MIB * 1000) / ms, floor: (ROUND_MIB * 1000) / bareMs });
  }
  const after = cpuOf(stage, relay);
  const perMib = (of: keyof typeof after) =>
    `${of} ${((after[of] - before[of]) / ROUND_MIB / ROUNDS).toFixed(1)}`;
  return {
    id: "P6",
    what: "output of a process to the database",
    unit: "MiB/s",
    direction: "≥",
    target: 0.6,
    floorName: "the same process, its pipe into SHA-256, nothing kept",
    rounds,
    notes: [`processor ms per MiB: ${perMib("relay")}, ${perMib("bot")}, ${perMib("postgres")}`],
  };
}

function cpuOf(stage: Stage, relay: ChildProcess) {
  return {
    relay: cpuMsOf(relay.pid ?? 0),
    bot: cpuMsOf(process.pid),
    postgres: cpuMsOfPostgres(stage.directory),
  };
}

/** Its peak with all that it has seen before, and after sixteen times as much in one go. */
async function measureBig({ bot }: Stage, relay: ChildProcess): Promise<Figure> {
  const before = peakMib(relay.pid);
  const ms = await timed(() => runOnce(bot, "!big"));
  return {
    id: "P6/1GiB",
    what: "peak memory of the relay, 1 GiB of output",
    unit: "MiB",
    direction: "≤",
    target: 1.3,
    floorName: `its peak after ${ROUND_MIB} MiB at a time`,
    rounds: [{ measured: peakMib(relay.pid), floor: before }],
    notes: [
      `${((BIG_MIB * 1000) / ms).toFixed(1)} MiB/s; peak of the bot, with the bench in it: ${peakMib(process.pid)} MiB`,
    ],
  };
}

async function measureLines(bot: Bot): Promise<Figure> {
  const printed = PRINTERS * BURSTS * LINES_PER_BURST;
  const ms = await timed(() => runMany(bot, "!lines", PRINTERS, PRINTERS));
  const stored = await storedLines(bot);
  return {
    id: "P6/lines",
    what: `lines stored of ${PRINTERS} printers at once`,
    unit: "lines",
    direction: "≥",
    target: 1,
    floorName: "lines printed",
    rounds: [{ measured: stored, floor: printed }],
    notes: [`${((printed * 1000) / ms).toFixed(0)} lines/s for ${(ms / 1000).toFixed(1)} s`],
  };
}

async function storedLines({ store, workspaceId }: Bot): Promise<number> {
  let lines = 0;
  for (const { id, attempt } of await listExecutions(store, workspaceId, { limit: PRINTERS })) {
    const key = { workspaceId, executionId: id, attempt };
    for (let offset = 0; ; ) {
      const { frames, nextOffset } = await readOutput(store, key, offset);
      if (frames.length === 0) break;
      for (const { bytes } of frames) lines += bytes.filter((byte) => byte === 10).length;
      offset = nextOffset;
    }
  }
  return lines;
}

/** The most memory that it ever had (proc(5)). */
function peakMib(pid: number | undefined): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Math.round(Number(/^VmHWM:\s+(\d+)/m.exec(status)?.[1]) / 1024);
}

function bare(floor: ChildProcess, argv: readonly string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    floor.once("message", (answer: { ms: number }) => resolve(answer.ms));
    floor.once("error", reject);
    floor.send(argv);
  });
}
