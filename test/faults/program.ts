import { join } from "node:path";
import { packageRoot } from "../../relay/process/package-root.ts";
import { type Exit, eachLine, spawnWithWorker } from "../support/child.ts";
import { waitFor } from "../support/wait.ts";

/** One `aldis …` as a process of its own, started from the build. */
export interface Program {
  pid: number;
  lines: readonly string[];
  exit: Promise<Exit>;
  hasEnded(): boolean;
  /** Waits for a line, on either stream, that has come already or is yet to come. */
  waitForLine(pattern: RegExp, timeoutMs?: number): Promise<string>;
  kill(signal: NodeJS.Signals): void;
}

const PROGRAM = join(packageRoot(), "dist/bot/cli/aldis.js");

/** Unlike `startAldis` it needs no test around it: the long chaos run is a program too. */
export function startProgram(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Program {
  const child = spawnWithWorker(process.execPath, [PROGRAM, ...args], {
    env: { PATH: process.env.PATH ?? "", HOME: process.env.HOME ?? "/", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const lines: string[] = [];
  eachLine(child.stdout, (line) => lines.push(line));
  eachLine(child.stderr, (line) => lines.push(line));
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null;
  const exit = new Promise<Exit>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => resolve({ code, signal }));
  });

  async function waitForLine(pattern: RegExp, timeoutMs = 30_000): Promise<string> {
    const find = () => lines.find((line) => pattern.test(line));
    try {
      await waitFor(() => find() !== undefined || hasEnded(), { timeoutMs });
    } catch (cause) {
      throw new Error(`no line like ${pattern} yet; it said:\n${lines.join("\n")}`, { cause });
    }
    const line = find();
    if (line !== undefined) return line;
    throw new Error(`ended without a line like ${pattern}; it said:\n${lines.join("\n")}`);
  }

  return {
    pid: child.pid ?? 0,
    lines,
    exit,
    hasEnded,
    waitForLine,
    kill: (signal) => void child.kill(signal),
  };
}

/** Runs one to its end, and returns what it said; throws unless it succeeded. */
export async function runProgram(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<readonly string[]> {
  const program = startProgram(args, env);
  const { code } = await program.exit;
  if (code === 0) return program.lines;
  throw new Error(`aldis ${args.join(" ")} ended with ${code}:\n${program.lines.join("\n")}`);
}
