import { existsSync } from "node:fs";
import { readFile, readlink, realpath, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "../../../relay/process/logger.ts";
import { BotError } from "../../errors.ts";

/** Waits for a Postgres of these files that is still shutting down after its parent has died. */
export async function awaitEarlierRun(
  cluster: string,
  timeoutMs: number,
  log: Logger,
): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  let pid = await runningPostmaster(cluster);
  if (pid) log.info({ pid }, "waiting for the Postgres of an earlier run to shut down");
  while (pid) {
    if (performance.now() > deadline) {
      const message = `the Postgres of an earlier run (pid ${pid}) still holds ${cluster}; wait for it to end, or end it: kill -INT ${pid}`;
      throw new BotError("database-unavailable", message);
    }
    await sleep(50);
    pid = await runningPostmaster(cluster);
  }
}

/**
 * After a crash the number in postmaster.pid may belong to another process by now, which Postgres
 * cannot tell from a running server. Where /proc shows that it is not one of ours, the file goes.
 */
async function runningPostmaster(cluster: string): Promise<number | undefined> {
  const file = join(cluster, "postmaster.pid");
  if (!existsSync(file)) return undefined;
  const pid = Number.parseInt(await readFile(file, "utf8"), 10);
  if (!(pid > 0) || !isAlive(pid)) return undefined;
  if (process.platform !== "linux") return pid;
  try {
    if ((await readlink(`/proc/${pid}/cwd`)) === (await realpath(cluster))) return pid;
  } catch (error) {
    // Another user's process: Postgres itself sees that it holds nothing here.
    if (!isMissing(error)) return undefined;
  }
  // Another program's, or a dead process that nobody has reaped.
  await rm(file, { force: true });
  return undefined;
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
