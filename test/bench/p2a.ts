import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { waitForRelay } from "../../bot/cli/up/wait-for-relay.ts";
import { cpuMsOf, cpuMsOfPostgres } from "./cpu.ts";
import { type Figure, median, quantile, ROUNDS, type Round, timed } from "./measure.ts";
import { NOOP } from "./noop-bundle.ts";
import { type Peer, startPeers } from "./peers.ts";
import { openStage, type Stage } from "./stage.ts";
import { runMany, runOnce } from "./whole-path.ts";

const OPERATIONS = 2_000;
const IN_FLIGHT = 256;
const PER_SECOND = 20;
const PACED_OPERATIONS = 40;
const WANTED_PER_SECOND = 2_000;
const WANTED_MS = 6;

/** The whole path with nothing to run: bot here, relay, Postgres and NATS each on their own. */
export async function measureP2a(): Promise<Figure[]> {
  const stage = await openStage(NOOP);
  const relay = await startNoopRelay(stage);
  const { bot } = stage;
  const peers = await startPeers(stage.ownerUrl);
  try {
    for (const peer of peers) await peer.runMany(OPERATIONS, IN_FLIGHT);
    await runMany(bot, "!noop", OPERATIONS, IN_FLIGHT);
    await stage.analyze();
    const flatOut: Round[] = [];
    const paced: Round[] = [];
    const beside = new Map(peers.map((peer) => [peer, [] as Round[]]));
    const took: number[] = [];
    let done = 0;
    const spent = cpuNow().map(() => 0);
    for (let round = 0; round < ROUNDS; round++) {
      const before = cpuNow();
      const ms = await timed(() => runMany(bot, "!noop", OPERATIONS, IN_FLIGHT));
      cpuNow().forEach((now, index) => {
        spent[index] = (spent[index] ?? 0) + now.ms - (before[index]?.ms ?? 0);
      });
      done += OPERATIONS;
      flatOut.push({ measured: (OPERATIONS * 1000) / ms, floor: WANTED_PER_SECOND });
      for (const [peer, rounds] of beside) rounds.push(await besidePeer(peer, ms));
      const single = await runPaced(stage);
      took.push(...single);
      paced.push({ measured: median(single), floor: WANTED_MS });
    }
    const each = cpuNow().map(
      ({ name }, index) => `${name} ${((spent[index] ?? 0) / done).toFixed(2)} ms`,
    );
    return [
      {
        id: "P2a",
        what: `whole path, no-op inside the relay, ${IN_FLIGHT} in flight`,
        unit: "/s",
        direction: "≥",
        target: 1,
        floorName: "2,000 executions a second, as the target says",
        rounds: flatOut,
        notes: [
          `${OPERATIONS} executions a round, durable audit, fsynced journal`,
          `processor time for each execution: ${each.join(", ")}`,
        ],
      },
      ...peers.map((peer) => figureBeside(peer, beside.get(peer) ?? [])),
      {
        id: "P2a/20",
        what: "the same at 20 a second",
        unit: "ms",
        direction: "≤",
        target: 1,
        floorName: "6 ms, as the target says",
        rounds: paced,
        notes: [`99th percentile ${quantile(took, 0.99).toFixed(2)} ms`],
      },
    ];
  } finally {
    relay.kill();
    for (const peer of peers) await peer.stop();
    await stage.stop();
  }

  function cpuNow() {
    return [
      { name: "bot", ms: cpuMsOf(process.pid) },
      { name: "relay", ms: cpuMsOf(relay.pid ?? 0) },
      { name: "Postgres", ms: cpuMsOfPostgres(stage.directory) },
    ];
  }
}

async function besidePeer(peer: Peer, ourMs: number): Promise<Round> {
  const ms = await timed(() => peer.runMany(OPERATIONS, IN_FLIGHT));
  return { measured: (OPERATIONS * 1000) / ourMs, floor: (OPERATIONS * 1000) / ms };
}

function figureBeside({ name }: Peer, rounds: Round[]): Figure {
  return {
    id: `P2a/${name}`,
    what: `the same beside ${name}, which only enqueues and completes`,
    unit: "/s",
    direction: "≥",
    target: 1,
    floorName: `jobs of ${name} a second, one commit for each, ${IN_FLIGHT} in flight`,
    rounds,
    notes: [],
  };
}

async function runPaced({ bot }: Stage): Promise<number[]> {
  const took: number[] = [];
  for (let operation = 0; operation < PACED_OPERATIONS; operation++) {
    const ms = await timed(() => runOnce(bot, "!noop"));
    took.push(ms);
    await pause(Math.max(0, 1000 / PER_SECOND - ms));
  }
  return took;
}

async function startNoopRelay(stage: Stage) {
  const directory = join(stage.directory, "relay-host");
  await mkdir(directory, { recursive: true });
  const args = [stage.natsUrl, await stage.joinToken("bench"), directory, String(IN_FLIGHT)];
  const relay = fork(join(import.meta.dirname, "noop-relay.ts"), args, {
    stdio: ["ignore", "pipe", "inherit", "ipc"],
  });
  const [line] = await once(relay.stdout ?? relay, "data");
  const relayId = String(line).trim().split(" ")[1] ?? "";
  await waitForRelay(stage.bot.dispatch.registry, relayId, 20_000);
  return relay;
}
