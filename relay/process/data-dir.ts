import { createHash } from "node:crypto";
import { mkdirSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer, type Server } from "node:net";
import { dirname, join, resolve } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";

export type DataDirectoryLock =
  | { locked: true; path: string; release(): Promise<void> }
  /** Another process works on it; its pid where it could be asked. */
  | { locked: false; reason: "in-use"; pid: number | undefined; message: string }
  | { locked: false; reason: "unusable"; message: string };

const ATTEMPTS = 3;
const ASK_TIMEOUT_MS = 1_000;

/**
 * Makes the directory, private to this user, and holds it for this process alone. The lock is a
 * listening socket, which the system takes back however the process ends.
 */
export async function lockDataDirectory(directory: string): Promise<DataDirectoryLock> {
  let path: string;
  try {
    path = prepare(directory);
  } catch (error) {
    return { locked: false, reason: "unusable", message: unusable(directory, error) };
  }
  const address = lockAddress(path);
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const server = await tryListen(address);
    if (server) return { locked: true, path, release: () => close(server) };
    const pid = await askHolder(address);
    if (pid !== undefined) return inUse(path, pid);
    // Nobody answers: a file that a dead process has left, or a holder that is just ending.
    if (!isAbstract(address)) rmSync(address, { force: true });
    await sleep(20);
  }
  return inUse(path, undefined);
}

function prepare(directory: string): string {
  // Only the directory itself is private: others must be able to pass through new parents.
  mkdirSync(dirname(resolve(directory)), { recursive: true });
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const path = realpathSync(directory);
  const probe = join(path, `.writable-${process.pid}`);
  writeFileSync(probe, "probe");
  rmSync(probe);
  return path;
}

function unusable(directory: string, error: unknown): string {
  const reason = error instanceof Error ? error.message : String(error);
  return `data directory ${directory} is not usable (${reason}); set ALDIS_DATA_DIR to a folder that this user may write to`;
}

function inUse(path: string, pid: number | undefined): DataDirectoryLock {
  const who = pid === undefined ? "another process" : `the process ${pid}`;
  const message = `data directory ${path} is in use by ${who}; stop it first, or set ALDIS_DATA_DIR to another folder`;
  return { locked: false, reason: "in-use", pid, message };
}

/** Linux knows sockets without a file; elsewhere a short file name keeps within the path limit. */
function lockAddress(path: string): string {
  if (process.platform !== "linux") return join(path, ".lock");
  return `\0aldis-${createHash("sha256").update(path).digest("hex").slice(0, 32)}`;
}

function isAbstract(address: string): boolean {
  return address.startsWith("\0");
}

function tryListen(address: string): Promise<Server | undefined> {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.end(String(process.pid));
  });
  server.unref();
  return new Promise((resolve, reject) => {
    server.once("error", (error) => {
      if ("code" in error && error.code === "EADDRINUSE") resolve(undefined);
      else reject(error);
    });
    server.listen(address, () => resolve(server));
  });
}

async function askHolder(address: string): Promise<number | undefined> {
  const socket = connect(address);
  socket.setTimeout(ASK_TIMEOUT_MS, () => socket.destroy(new Error("no answer")));
  try {
    return Number.parseInt(await text(socket), 10) || undefined;
  } catch {
    return undefined;
  }
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
  });
}

/**
 * Where state lies unless `data_dir` says otherwise: `/var/lib/aldis` for root, whose home others
 * may not enter, and below the XDG data folder for everyone else.
 */
export function defaultDataDirectory(
  env: Readonly<Record<string, string | undefined>>,
  user: { uid: number; homedir: string },
): string {
  if (user.uid === 0) return "/var/lib/aldis";
  return join(env.XDG_DATA_HOME || join(user.homedir, ".local/share"), "aldis");
}
