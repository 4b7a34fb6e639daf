import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { BotError } from "../../errors.ts";

const run = promisify(execFile);

/** The system user that Postgres runs as when the bot runs as root, which Postgres refuses. */
export interface Account {
  uid: number;
  gid: number;
}

const NAME = "aldis";

/** Undefined when the present user will do. */
export async function postgresAccount(): Promise<Account | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const existing = await lookUp();
  if (existing) return existing;
  try {
    await run("useradd", [
      "--system",
      "--user-group",
      "--no-create-home",
      "--shell",
      "/usr/sbin/nologin",
      NAME,
    ]);
  } catch (cause) {
    // A second start may have created it at the same moment.
    const created = await lookUp();
    if (created) return created;
    const message = `Postgres refuses to run as root, and the system user "${NAME}" could not be created; create it, or start as an ordinary user`;
    throw new BotError("database-unavailable", message, { cause });
  }
  return lookUp();
}

async function lookUp(): Promise<Account | undefined> {
  try {
    const [uid, gid] = await Promise.all([run("id", ["-u", NAME]), run("id", ["-g", NAME])]);
    return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
  } catch {
    return undefined;
  }
}

/** Whether the account may enter the folder, or run the file. */
export async function canReach(account: Account | undefined, path: string): Promise<boolean> {
  try {
    await run("/bin/sh", ["-c", 'test -x "$1"', "sh", path], { cwd: "/", ...account });
    return true;
  } catch {
    return false;
  }
}
