import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { holderArgv, type Isolation } from "./isolation.ts";

/** A PID namespace that lives as long as its holder does; ending it ends everything inside. */
export interface Namespace {
  /** Its first process, by the host's number. */
  first: number;
  end(): Promise<void>;
  /** Resolves when it is no more, whoever ended it. */
  ended: Promise<void>;
}

export interface Namespaces {
  take(directory: string): Promise<Namespace>;
  /** Resolves when nothing that was started in it is left. */
  giveBack(namespace: Namespace): Promise<void>;
  endAll(): void;
}

const KEPT = 16;

/**
 * Namespaces are kept for the next command where nothing is left in them and no command can reach
 * their holder: it is root's, and commands are not. Making one costs as much as a command.
 */
export function createNamespaces(isolation: Isolation, isRoot: boolean): Namespaces {
  const isKept = isRoot && isolation === "pid-namespace";
  const idle = new Set<Namespace>();
  const living = new Set<Namespace>();

  async function take(directory: string): Promise<Namespace> {
    const [kept] = idle;
    if (kept && idle.delete(kept)) return kept;
    const opened = await openNamespace(holderArgv(isolation, isRoot, directory));
    living.add(opened);
    void opened.ended.then(() => {
      idle.delete(opened);
      living.delete(opened);
    });
    return opened;
  }

  async function giveBack(namespace: Namespace): Promise<void> {
    // Its number may be another process's by now.
    if (!living.has(namespace)) return;
    const isClean = childrenOf(namespace.first).length === 0;
    if (isKept && isClean && idle.size < KEPT) idle.add(namespace);
    else await namespace.end();
  }

  function endAll(): void {
    for (const each of living) void each.end();
  }

  return { take, giveBack, endAll };
}

/** Rejects where the host does not allow it, with what it said. */
async function openNamespace(argv: readonly string[]): Promise<Namespace> {
  const [program = "", ...words] = argv;
  const holder = spawn(program, words, {
    env: { PATH: "/usr/bin:/bin" },
    cwd: "/",
    stdio: ["pipe", "pipe", "pipe"],
    detached: true,
  });
  const ended = new Promise<void>((resolve) => holder.once("close", () => resolve()));
  holder.stdin.on("error", () => {});
  await isReady(holder);
  const [first] = childrenOf(holder.pid ?? 0);
  if (first === undefined) throw new Error("the host does not tell the children of a process");
  return { first, end, ended };

  function end(): Promise<void> {
    if (first !== undefined) kill(first);
    holder.kill("SIGKILL");
    return ended;
  }
}

function isReady(holder: ChildProcess): Promise<void> {
  let said = "";
  return new Promise((resolve, reject) => {
    holder.stdout?.once("data", () => resolve());
    holder.stderr?.on("data", (bytes: Buffer) => {
      said += bytes.toString();
    });
    holder.once("error", reject);
    holder.once("close", () => reject(new Error(said.trim() || "a namespace did not open")));
  });
}

/** As the host has them, in its order. */
export function childrenOf(pid: number): number[] {
  try {
    const text = readFileSync(`/proc/${pid}/task/${pid}/children`, "latin1");
    return text.split(" ").filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended already.
  }
}
