import { createBody } from "../../relay/runtime/engine/create-body.ts";
import { type EngineRuntime, engineRuntime } from "../../relay/runtime/engine/engine.ts";
import { SECCOMP_FILE } from "../../relay/runtime/engine/seccomp.ts";
import type { RunSpec } from "../../relay/runtime/runtime.ts";
import { type EngineName, startEngine, type TestEngine } from "../support/engines.ts";
import { type Dockerode, openDockerode, runBare } from "./bare-container.ts";
import { type Figure, median, quantile, ROUNDS, type Round, timed } from "./measure.ts";

const OPERATIONS = 8;
const MIB = 2 ** 20;

/** A command that does nothing, in a container with all that the relay takes from it. */
export async function measureP3(): Promise<Figure[]> {
  return [await measureOn("docker"), await measureOn("podman")];
}

async function measureOn(name: EngineName): Promise<Figure> {
  const engine = await startEngine(name);
  const runtime = engineRuntime({ name, socket: engine.socket, relayId: "bench" });
  try {
    const docker = await openDockerode(engine.socket);
    const took: number[] = [];
    const rounds: Round[] = [];
    await measureRound({ name, engine, runtime, docker });
    for (let round = 0; round < ROUNDS; round++) {
      const { own, bare } = await measureRound({ name, engine, runtime, docker });
      took.push(...own);
      rounds.push({ measured: median(own), floor: median(bare) });
    }
    return {
      id: `P3/${name}`,
      what: `a no-op in a container of ${name}`,
      unit: "ms",
      direction: "≤",
      target: 1.15,
      floorName: "dockerode: create, attach, wait, start, remove, with the same options",
      rounds,
      notes: [`99th percentile ${quantile(took, 0.99).toFixed(0)} ms`],
    };
  } finally {
    await runtime.stop();
    await engine.stop();
  }
}

interface Sides {
  name: EngineName;
  engine: TestEngine;
  runtime: EngineRuntime;
  docker: Dockerode;
}

/** In turn, operation by operation. */
async function measureRound({ name, engine, runtime, docker }: Sides) {
  const spec = noop(engine.image);
  const filter = name === "podman" ? { seccompFile: SECCOMP_FILE } : {};
  const options = { relayId: "bench", hasInit: true, volumes: [], ...filter };
  const body = createBody(name, spec, options);
  const [own, bare]: [number[], number[]] = [[], []];
  for (let operation = 0; operation < OPERATIONS; operation++) {
    own.push(await timed(() => runOwn(runtime, spec)));
    bare.push(await timed(() => runBare(name, docker, body)));
  }
  return { own, bare };
}

async function runOwn(runtime: EngineRuntime, spec: RunSpec): Promise<void> {
  const name = `bench-${process.hrtime.bigint()}`;
  const exit = await runtime.run({ ...spec, name }, async () => {}, new AbortController().signal);
  if (exit.kind !== "exited" || exit.code !== 0) throw new Error(JSON.stringify(exit));
}

function noop(image: string): RunSpec {
  return {
    name: "bench",
    image,
    argv: ["true"],
    env: {},
    network: "none",
    mounts: [],
    limits: {
      timeoutMs: 60_000,
      outputBytes: MIB,
      memoryBytes: 64 * MIB,
      pids: 64,
      cpus: 1,
      tmpBytes: MIB,
    },
    mayStart: () => true,
    onCreated: async () => {},
  };
}
