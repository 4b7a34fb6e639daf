import type { Duplex } from "node:stream";
import type { Exit, OutputSink, RunSpec } from "../runtime.ts";
import { EngineError } from "./client.ts";
import type { Containers } from "./containers.ts";
import { endAfterSilence, isSilence } from "./end-after-silence.ts";
import { type Ended, endOf } from "./ended.ts";
import {
  afterAbsence,
  exitOf,
  exitOfRefusal,
  exitOfSilence,
  exitOfUnrunnable,
  lost,
} from "./exit.ts";
import { withoutComplaint } from "./init-complaint.ts";
import { type Listening, listen } from "./listen.ts";
import { type Pump, pumpOutput } from "./pump-output.ts";

export interface WatchDeps {
  name: "docker" | "podman";
  containers: Containers;
  killGraceMs: number;
  goneMs: number;
  patienceMs: number | undefined;
}

/** Starts a container that was created, and sees it to its end; removing it is the caller's. */
export async function watchContainer(
  deps: WatchDeps,
  id: string,
  spec: RunSpec,
  output: OutputSink,
  signal: AbortSignal,
): Promise<Exit> {
  let stream: Duplex | undefined;
  try {
    stream = await deps.containers.attach(id, spec.input !== undefined);
    const ended = await endOf(deps, id);
    await spec.onCreated({ runtime: deps.name, id, startMark: spec.name });
    if (signal.aborted) return { kind: "signalled", signal: "SIGTERM" };
    if (!spec.mayStart()) return { kind: "withheld" };
    const starting = deps.containers.start(id);
    return await follow(deps, { id, spec, stream, ended, starting }, output, signal);
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    return error.status === undefined ? exitOfSilence(error.message) : exitOfRefusal(error.message);
  } finally {
    stream?.destroy();
  }
}

interface Started {
  id: string;
  spec: RunSpec;
  stream: Duplex;
  ended: () => Promise<Ended>;
  starting: Promise<void>;
}

/** From here on the command may have begun: an engine that says nothing leaves that open. */
async function follow(
  deps: WatchDeps,
  { id, spec, stream, ended, starting }: Started,
  output: OutputSink,
  signal: AbortSignal,
): Promise<Exit> {
  const { containers } = deps;
  let shouldEnd = false;
  const silent = Promise.withResolvers<never>();
  silent.promise.catch(() => {});
  const pump = pumpOutput(withoutComplaint(output), {
    onFault: () => kill("SIGKILL"),
    freeze: () => containers.pause(id),
    thaw: () => containers.unpause(id).catch(silent.reject),
    patienceMs: deps.patienceMs,
  });
  const listening = listen(pump);
  const stopEnding = endOnSignal(kill, signal, { after: starting, graceMs: deps.killGraceMs });

  function kill(name: "SIGTERM" | "SIGKILL"): void {
    shouldEnd = true;
    void pump
      .letEnd()
      .then(() => containers.kill(id, name))
      .catch(silent.reject);
  }

  async function finish(): Promise<Ended> {
    await starting;
    if (spec.input) stream.end(spec.input);
    await listening.read();
    return ended();
  }

  try {
    listening.to(stream);
    const finished = finish();
    finished.catch(() => {});
    return await exitAt(await Promise.race([finished, silent.promise]), { pump, spec });
  } catch (error) {
    if (!isSilence(error)) throw error;
    const asked = { ...deps, listening, shouldEnd: () => shouldEnd };
    return await exitAfterSilence(asked, { id, pump, spec });
  } finally {
    listening.stop();
    stopEnding();
  }
}

interface Ending {
  pump: Pump;
  spec: RunSpec;
}

async function exitAt(ended: Ended, { pump, spec }: Ending): Promise<Exit> {
  const complaint = await pump.end(ended.code);
  if (complaint !== undefined) return exitOfUnrunnable(ended.code);
  return exitOf(ended.code, ended.isOutOfMemory ? spec.limits.memoryBytes : undefined);
}

async function exitAfterSilence(
  deps: WatchDeps & { listening: Listening; shouldEnd(): boolean },
  { id, ...ending }: Ending & { id: string },
): Promise<Exit> {
  try {
    return afterAbsence(await exitAt(await endAfterSilence(deps, id), ending));
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    await ending.pump.end(undefined);
    return lost(error.message);
  }
}

function endOnSignal(
  kill: (name: "SIGTERM" | "SIGKILL") => void,
  signal: AbortSignal,
  { after, graceMs }: { after: Promise<void>; graceMs: number },
): () => void {
  let timer: NodeJS.Timeout | undefined;
  let isOver = false;
  async function end(): Promise<void> {
    await after.catch(() => {});
    if (isOver) return;
    kill("SIGTERM");
    timer = setTimeout(() => kill("SIGKILL"), graceMs);
  }
  if (signal.aborted) void end();
  else signal.addEventListener("abort", end, { once: true });
  return () => {
    isOver = true;
    signal.removeEventListener("abort", end);
    clearTimeout(timer);
  };
}
