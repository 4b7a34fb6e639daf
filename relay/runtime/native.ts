import { type ChildProcess, spawn } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type Account,
  commandAccount,
  makeWorkDirectory,
  removeWorkDirectory,
} from "./native-directory.ts";
import { pipeOutput } from "./native-output.ts";
import { killGroup, signalGroup, startMarkOf } from "./native-process.ts";
import type { ContainerRuntime, Exit, OutputSink, RunHandle, RunSpec } from "./runtime.ts";

export interface NativeOptions {
  /** Between SIGTERM and SIGKILL. */
  killGraceMs?: number;
  /** For how long a pipe may stay silent after the process group is gone. */
  pipeIdleMs?: number;
  /** Path and first letters of every work directory. */
  directoryPrefix?: string;
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

  async function run(spec: RunSpec, output: OutputSink, signal: AbortSignal): Promise<Exit> {
    if (signal.aborted) return { kind: "signalled", signal: "SIGTERM" };
    const directory = await makeWorkDirectory(prefix, account);
    try {
      if (!spec.mayStart()) return { kind: "withheld" };
      const child = start(spec, directory, account);
      return child instanceof Error ? notStarted(child) : await watch(child, spec, output, signal);
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
    child: ChildProcess,
    spec: RunSpec,
    output: OutputSink,
    signal: AbortSignal,
  ): Promise<Exit> {
    const ended = exitOf(child);
    const group = child.pid;
    if (group === undefined) return ended;
    const faults: unknown[] = [];
    const onFault = (error: unknown) => {
      faults.push(error);
      signalGroup(group, "SIGKILL");
    };
    const pipes = pipeOutput(child, output, onFault);
    const created = spec.onCreated(handleOf(group)).catch(onFault);
    const stopEnding = endOnSignal(group, signal, options.killGraceMs ?? 2_000);
    const exit = await ended;
    stopEnding();
    await killGroup(group);
    await Promise.all([pipes.end(options.pipeIdleMs ?? 500), created]);
    if (faults.length > 0) throw faults[0];
    return exit;
  }

  async function remove(handle: RunHandle): Promise<void> {
    const group = Number(handle.id);
    if (handle.runtime !== NAME || !Number.isInteger(group) || group <= 1) return;
    if (startMarkOf(group) === handle.startMark) await killGroup(group);
  }

  return { name: NAME, run, remove };
}

function start(spec: RunSpec, directory: string, account?: Account): ChildProcess | Error {
  const [program = "", ...words] = spec.argv;
  const home = { PATH, HOME: directory, TMPDIR: directory, LANG: "C.UTF-8" };
  try {
    return spawn(program, words, {
      cwd: directory,
      env: { ...home, ...spec.env },
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
      ...account,
    });
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

function handleOf(pid: number): RunHandle {
  return { runtime: NAME, id: String(pid), startMark: startMarkOf(pid) ?? "" };
}

function exitOf(child: ChildProcess): Promise<Exit> {
  return new Promise((resolve) => {
    child.once("error", (error) => resolve(notStarted(error)));
    child.once("exit", (code, signal) =>
      resolve(
        signal === null ? { kind: "exited", code: code ?? 0 } : { kind: "signalled", signal },
      ),
    );
  });
}

function endOnSignal(group: number, signal: AbortSignal, graceMs: number): () => void {
  let timer: NodeJS.Timeout | undefined;
  function end(): void {
    signalGroup(group, "SIGTERM");
    timer = setTimeout(() => signalGroup(group, "SIGKILL"), graceMs);
  }
  if (signal.aborted) end();
  else signal.addEventListener("abort", end, { once: true });
  return () => {
    signal.removeEventListener("abort", end);
    clearTimeout(timer);
  };
}

/** The codes that a shell gives: 127 for what is not there, 126 for what cannot be executed. */
function notStarted(error: NodeJS.ErrnoException): Exit {
  switch (error.code) {
    case "ENOENT":
      return { kind: "not-started", code: 127, reason: "command not found" };
    case "EACCES":
      return { kind: "not-started", code: 126, reason: "the command is not executable" };
    case "E2BIG":
      return { kind: "not-started", code: 126, reason: "the arguments are too long for the host" };
    default:
      return { kind: "not-started", code: 126, reason: `cannot be started: ${error.message}` };
  }
}
