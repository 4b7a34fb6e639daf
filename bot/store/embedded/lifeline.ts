import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { Writable } from "node:stream";
import type { Account } from "./account.ts";

/**
 * Becomes the program, after leaving a watcher behind that reads descriptor 3. Its end without a
 * word means that our process is gone, however it died: then the program gets SIGINT, which is
 * Postgres's fast shutdown. The watcher is a grandchild, so that Postgres never sees it end.
 */
const WRAPPER = `
( ( read -r word <&3 || kill -INT $$ ) </dev/null >/dev/null 2>&1 & )
exec "$@" 3<&-
`;

const KEPT_LINES = 50;

export interface LifelineProcess {
  child: ChildProcess;
  /** What it said last. */
  lines: readonly string[];
  /** Resolves once it has ended and all it said is in `lines`. */
  ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
}

/** Runs a program in a session of its own (no Ctrl-C reaches it) which ends when we do. */
export function spawnWithLifeline(
  program: string,
  args: readonly string[],
  account: Account | undefined,
  onLine: (line: string) => void,
): LifelineProcess {
  const child = spawn("/bin/sh", ["-c", WRAPPER, "sh", program, ...args], {
    cwd: "/",
    detached: true,
    env: { PATH: "/usr/local/bin:/usr/bin:/bin", LC_ALL: "C", TZ: "UTC" },
    stdio: ["ignore", "pipe", "pipe", "pipe"],
    ...account,
  });
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    if (!stream) continue;
    createInterface({ input: stream }).on("line", (line) => {
      lines.push(line);
      if (lines.length > KEPT_LINES) lines.shift();
      onLine(line);
    });
  }
  return { child, lines, ended: watchEnd(child) };
}

function watchEnd(child: ChildProcess): LifelineProcess["ended"] {
  const lifeline = child.stdio[3];
  if (lifeline instanceof Writable) {
    lifeline.on("error", () => {});
    child.once("exit", () => lifeline.end("ended\n"));
  }
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => resolve({ code, signal }));
  });
}
