import { type ChildProcess, spawn } from "node:child_process";
import type { Readable } from "node:stream";
import { signalGroup, startMarkOf } from "../native-process.ts";
import type { Exit } from "../runtime.ts";
import type { StartRequest } from "./frames.ts";
import { exitOf, notStarted, type StartedProcess, type Starter } from "./starter.ts";

/** Starts processes from this very process: for a program that runs one command. */
export function startHere(): Starter {
  return { start, stop: async () => {} };
}

async function start(request: StartRequest): Promise<StartedProcess | Exit> {
  try {
    const child = spawnGroup(request);
    const exit = endOf(child);
    const { pid, stdout, stderr } = child;
    if (pid === undefined || !stdout || !stderr) return await exit;
    return startedProcess(pid, stdout, stderr, exit);
  } catch (error) {
    return notStarted(codeOf(error), error instanceof Error ? error.message : String(error));
  }
}

function spawnGroup({ argv, env, directory, account }: StartRequest): ChildProcess {
  const [program = "", ...words] = argv;
  return spawn(program, words, {
    cwd: directory,
    env,
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
    ...account,
  });
}

function startedProcess(
  pid: number,
  stdout: Readable,
  stderr: Readable,
  exit: Promise<Exit>,
): StartedProcess {
  const startMark = startMarkOf(pid) ?? "";
  return { pid, startMark, stdout, stderr, exit, signal: (name) => signalGroup(pid, name) };
}

function endOf(child: ChildProcess): Promise<Exit> {
  return new Promise((resolve) => {
    child.once("error", (error) => resolve(notStarted(codeOf(error), error.message)));
    child.once("exit", (code, signal) => resolve(exitOf(code, signal)));
  });
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error ? String(error.code) : undefined;
}
