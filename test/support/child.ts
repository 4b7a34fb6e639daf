import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { searchPath } from "./nats-server-binary.ts";

export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

const living = new Set<ChildProcess>();
process.once("exit", () => {
  for (const child of living) child.kill("SIGKILL");
});

/**
 * Spawns a process that dies with the test worker, even after `kill -9` of the worker, where the
 * machine has util-linux' `setpriv`; otherwise at least on the worker's orderly exit.
 */
export function spawnWithWorker(
  program: string,
  args: readonly string[],
  options: SpawnOptions = {},
): ChildProcess {
  const setpriv = process.platform === "linux" ? searchPath("setpriv") : undefined;
  const child = setpriv
    ? spawn(setpriv, ["--pdeathsig", "KILL", program, ...args], options)
    : spawn(program, args, options);
  living.add(child);
  child.once("exit", () => living.delete(child));
  return child;
}

export async function exited(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
}

export function eachLine(stream: NodeJS.ReadableStream | null, use: (line: string) => void): void {
  if (stream) createInterface({ input: stream }).on("line", use);
}
