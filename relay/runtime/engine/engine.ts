import type { Logger } from "../../process/logger.ts";
import type { ContainerRuntime, Exit, OutputSink, RunHandle, RunSpec } from "../runtime.ts";
import { EngineError, engineClient } from "./client.ts";
import { containersOf } from "./containers.ts";
import { type CreateBody, createBody, relayLabel } from "./create-body.ts";
import { exitOfAbsentImage, exitOfRefusal, exitOfSilence } from "./exit.ts";
import { knownVolumes } from "./known-volumes.ts";
import { leftOvers } from "./left-overs.ts";
import { SECCOMP_FILE } from "./seccomp.ts";
import { watchContainer } from "./watch.ts";

export interface EngineOptions {
  name: "docker" | "podman";
  socket: string;
  /** Stands on each container, so that nobody else's is ever touched. */
  relayId: string;
  /** Between SIGTERM and SIGKILL. */
  killGraceMs?: number;
  /** For how long the engine may be gone before what it ran is called lost. */
  goneMs?: number;
  /** After how long what the engine did not answer is tried again. */
  retryMs?: number;
  /** For how long output may wait to be taken before the command stands still. */
  patienceMs?: number;
  /** A filter of system calls for Podman, which looks for it on its own host. */
  seccompFile?: string;
  log?: Logger;
  /** For tests of a defence: what a container is like without it. */
  alter?(body: CreateBody): object;
}

export interface EngineRuntime extends ContainerRuntime {
  /** Removes this relay's containers but those of this life. */
  removeOrphans(): Promise<number>;
  stop(): Promise<void>;
}

/** dockerd throws away what nobody has taken two seconds after a command's end; Podman waits. */
const PATIENCE_MS = { docker: 500, podman: undefined } as const;

/**
 * Runs each command in a container of its own, with nothing that the command did not declare:
 *
 * ```
 * create ─► attach ─► onCreated ─► mayStart? ─► start ─► output… ─► exit code ─► remove
 * ```
 */
export function engineRuntime(options: EngineOptions): EngineRuntime {
  const { name, relayId, killGraceMs = 2_000, goneMs = 30_000, retryMs = 5_000, log } = options;
  const { seccompFile = SECCOMP_FILE, patienceMs = PATIENCE_MS[name] } = options;
  const containers = containersOf(engineClient(options.socket));
  const volumesOf = knownVolumes(containers);
  const left = leftOvers({ remove: (id) => containers.remove(id), log, retryMs });
  const alter = options.alter ?? ((body: CreateBody): object => body);
  /** The names of what runs now. */
  const own = new Set<string>();
  const watching = { name, containers, killGraceMs, goneMs, patienceMs };
  const has = { init: true, filter: name === "podman" };

  async function run(spec: RunSpec, output: OutputSink, signal: AbortSignal): Promise<Exit> {
    own.add(spec.name);
    const exit = await runOnce(spec, output, signal).finally(() => own.delete(spec.name));
    const lacked = lackOf(exit);
    if (!lacked || !has[lacked]) return exit;
    log?.warn({ engine: name }, LACKS[lacked]);
    has[lacked] = false;
    return run(spec, output, signal);
  }

  async function runOnce(spec: RunSpec, output: OutputSink, signal: AbortSignal): Promise<Exit> {
    if (signal.aborted) return { kind: "signalled", signal: "SIGTERM" };
    if (spec.image === undefined) return exitOfSilence("a container needs an image");
    const id = await create(spec, spec.image).catch(asRefusal);
    if (id === "no-image") return exitOfAbsentImage(spec.image);
    if (typeof id !== "string") return id;
    try {
      return await watchContainer(watching, id, spec, output, signal);
    } finally {
      await containers.remove(id).catch((error: unknown) => left.add(id, error));
    }
  }

  async function create(spec: RunSpec, image: string): Promise<string> {
    const volumes = await volumesOf(image);
    const filter = has.filter ? { seccompFile } : {};
    const body = createBody(name, spec, { relayId, hasInit: has.init, volumes, ...filter });
    return containers.create(spec.name, alter(body));
  }

  async function remove({ runtime, id, startMark }: RunHandle): Promise<void> {
    if (runtime !== name) return;
    const found = await containers.inspect(id);
    const labels = found?.Config.Labels ?? {};
    const isOurs = labels["aldis.relay"] === relayId && labels["aldis.name"] === startMark;
    if (isOurs) await containers.remove(id);
  }

  async function removeOrphans(): Promise<number> {
    const found = await containers.withLabel(relayLabel(relayId));
    const orphans = found.filter(({ Labels }) => !own.has(Labels?.["aldis.name"] ?? ""));
    await Promise.all(orphans.map(({ Id }) => containers.remove(Id)));
    return orphans.length;
  }

  async function stop(): Promise<void> {
    left.stop();
    containers.close();
  }

  return { name, run, remove, removeOrphans, stop };
}

function asRefusal(error: unknown): Exit | "no-image" {
  if (!(error instanceof EngineError)) throw error;
  if (error.status === undefined) return exitOfSilence(error.message);
  const isImage = error.status === 404 && /no such image|image not known/i.test(error.message);
  return isImage ? "no-image" : exitOfRefusal(error.message);
}

const LACKS = {
  init: "the engine has no init process: SIGTERM may do nothing",
  filter: "Podman does not see the relay's filter of system calls: commands can make namespaces",
} as const;

/** Podman says so at create, Docker at start. */
function lackOf(exit: Exit): keyof typeof LACKS | undefined {
  if (exit.kind !== "not-started") return undefined;
  if (/container-init|docker-init/.test(exit.reason)) return "init";
  return /opening seccomp profile/.test(exit.reason) ? "filter" : undefined;
}
