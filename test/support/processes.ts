import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { afterAll } from "vitest";
import { packageRoot } from "../../relay/process/package-root.ts";
import { type Exit, eachLine } from "./child.ts";
import { waitFor } from "./wait.ts";

export interface AldisOptions {
  /** Added to a bare environment; what a program inherits by accident is no part of a test. */
  env?: Readonly<Record<string, string>>;
  cwd?: string;
}

export interface AldisProcess {
  pid: number;
  stdout: readonly string[];
  stderr: readonly string[];
  exit: Promise<Exit>;
  /** Waits for a line, on either stream, that has come already or is yet to come. */
  waitForLine(pattern: RegExp, timeoutMs?: number): Promise<string>;
  /** Types a line into its standard input. */
  type(line: string): void;
  endInput(): void;
  kill(signal?: NodeJS.Signals): void;
}

const PROGRAM = join(packageRoot(), "dist/bot/cli/aldis.js");
const running = new Set<ChildProcess>();

afterAll(async () => {
  for (const child of running) killGroup(child, "SIGKILL");
  await waitFor(() => running.size === 0, { what: "the started processes to end" });
});

/** Starts `aldis ARGS…` from the build; whatever still runs at the file's end is killed. */
export function startAldis(args: readonly string[], options: AldisOptions = {}): AldisProcess {
  return startNode([PROGRAM, ...args], options);
}

/** Starts `node ARGS…` in a process group of its own. */
export function startNode(args: readonly string[], options: AldisOptions = {}): AldisProcess {
  const child = spawn(process.execPath, args, {
    cwd: options.cwd ?? packageRoot(),
    detached: true,
    env: { PATH: process.env.PATH ?? "", HOME: process.env.HOME ?? "/", ...options.env },
    stdio: ["pipe", "pipe", "pipe"],
  });
  const stdout: string[] = [];
  const stderr: string[] = [];
  running.add(child);
  child.stdin.on("error", () => {});
  eachLine(child.stdout, (line) => stdout.push(line));
  eachLine(child.stderr, (line) => stderr.push(line));
  let ended = false;
  const exit = new Promise<Exit>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => {
      ended = true;
      running.delete(child);
      resolve({ code, signal });
    });
  });

  async function waitForLine(pattern: RegExp, timeoutMs = 30_000): Promise<string> {
    const find = () => [...stdout, ...stderr].find((line) => pattern.test(line));
    const said = () => `${pattern}; it said:\n${[...stdout, ...stderr].join("\n")}`;
    try {
      await waitFor(() => find() !== undefined || ended, { timeoutMs });
    } catch (cause) {
      throw new Error(`no line like ${said()}`, { cause });
    }
    const line = find();
    if (line === undefined) throw new Error(`ended without a line like ${said()}`);
    return line;
  }

  return {
    pid: child.pid ?? 0,
    stdout,
    stderr,
    exit,
    waitForLine,
    type: (line) => void child.stdin.write(`${line}\n`),
    endInput: () => void child.stdin.end(),
    kill: (signal = "SIGKILL") => void child.kill(signal),
  };
}

function killGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  try {
    if (child.pid) process.kill(-child.pid, signal);
  } catch {
    // It has ended already.
  }
}
