import { tmpdir } from "node:os";
import { join } from "node:path";
import { hostMonotonicMs, type StartRequest } from "./native/frames.ts";
import { startHere } from "./native/start-here.ts";
import type { StartedProcess, Starter } from "./native/starter.ts";
import {
  type Account,
  commandAccount,
  makeWorkDirectory,
  removeWorkDirectory,
} from "./native-directory.ts";
import { pipeOutput } from "./native-output.ts";
import { killGroup, startMarkOf } from "./native-process.ts";
import type { ContainerRuntime, Exit, OutputSink, RunHandle, RunSpec } from "./runtime.ts";

export interface NativeOptions {
  /** Between SIGTERM and SIGKILL. */
  killGraceMs?: number;
  /** For how long a pipe may stay silent after the process group is gone. */
  pipeIdleMs?: number;
  /** Path and first letters of every work directory. */
  directoryPrefix?: string;
  /** What starts the processes; default: this process itself, without isolation. */
  starter?: Starter;
}

const NAME = "native";
const PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/**
 * Runs a command as a process of the host: a group of its own, no input, an empty directory that
 * is removed afterwards, nothing of the relay's environment, and as nobody where the relay is
 * root. That is order, not isolation: memory, network and files of the host are within reach.
 */
export function nativeRuntime(options: NativeOptions = {}): ContainerRuntime {
  const prefix = options.directoryPrefix ?? join(tmpdir(), "aldis-native-");
  const account = commandAccount();
  const starter = options.starter ?? startHere();

  async function run(spec: RunSpec, output: OutputSink, signal: AbortSignal): Promise<Exit> {
    if (signal.aborted) return { kind: "signalled", signal: "SIGTERM" };
    const directory = await makeWorkDirectory(prefix, account);
    try {
      if (!spec.mayStart()) return { kind: "withheld" };
      const started = await starter.start(requestOf(spec, directory, account));
      return "kind" in started ? started : await watch(started, spec, output, signal);
    } finally {
      await removeWorkDirectory(directory);
    }
  }

  /**
   * ```
   * spawned ─► onCreated, output… ─► leader ended ─► rest of the group killed ─► pipes at end
   *     signal or fault: SIGTERM … killGraceMs … SIGKILL ─┘
   * ```
   */
  async function watch(
    started: StartedProcess,
    spec: RunSpec,
    output: OutputSink,
    signal: AbortSignal,
  ): Promise<Exit> {
    const faults: unknown[] = [];
    const onFault = (error: unknown) => {
      faults.push(error);
      started.signal("SIGKILL");
    };
    const pipes = pipeOutput(started, output, onFault);
    const created = spec.onCreated(handleOf(started)).catch(onFault);
    const stopEnding = endOnSignal(started, signal, options.killGraceMs ?? 2_000);
    try {
      const exit = await started.exit;
      await killGroup(started.pid);
      await Promise.all([pipes.end(options.pipeIdleMs ?? 500), created]);
      if (faults.length > 0) throw faults[0];
      return exit;
    } finally {
      stopEnding();
    }
  }

  async function remove(handle: RunHandle): Promise<void> {
    const group = Number(handle.id);
    if (handle.runtime !== NAME || !Number.isInteger(group) || group <= 1) return;
    if (startMarkOf(group) === handle.startMark) await killGroup(group);
  }

  return { name: NAME, run, remove, stop: () => starter.stop() };
}

function requestOf(spec: RunSpec, directory: string, account?: Account): StartRequest {
  const home = { PATH, HOME: directory, TMPDIR: directory, LANG: "C.UTF-8" };
  const withinMs = spec.mayStartWithinMs?.();
  return {
    argv: spec.argv,
    env: { ...home, ...spec.env },
    directory,
    account,
    notAfterMs: withinMs === undefined ? undefined : hostMonotonicMs() + withinMs,
  };
}

function handleOf({ pid, startMark }: StartedProcess): RunHandle {
  return { runtime: NAME, id: String(pid), startMark };
}

function endOnSignal(started: StartedProcess, signal: AbortSignal, graceMs: number): () => void {
  let timer: NodeJS.Timeout | undefined;
  function end(): void {
    started.signal("SIGTERM");
    timer = setTimeout(() => started.signal("SIGKILL"), graceMs);
  }
  if (signal.aborted) end();
  else signal.addEventListener("abort", end, { once: true });
  return () => {
    signal.removeEventListener("abort", end);
    clearTimeout(timer);
  };
}
