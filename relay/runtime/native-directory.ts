import { chown, lstat, mkdtemp, readdir, rm, rmdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/** The account that a native command runs as, where the relay is root: nobody. */
export interface Account {
  uid: number;
  gid: number;
}

const NOBODY: Account = { uid: 65534, gid: 65534 };

/** Undefined where the relay is not root and cannot change accounts. */
export function commandAccount(): Account | undefined {
  return process.getuid?.() === 0 ? NOBODY : undefined;
}

export async function makeWorkDirectory(prefix: string, account?: Account): Promise<string> {
  const directory = await mkdtemp(prefix);
  if (account) await chown(directory, account.uid, account.gid);
  return directory;
}

export async function removeWorkDirectory(directory: string): Promise<void> {
  try {
    await rmdir(directory);
  } catch {
    await rm(directory, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** Removes the directories that an earlier life of the relay left behind, and nobody else's. */
export async function sweepWorkDirectories(prefix: string): Promise<void> {
  const parent = dirname(prefix);
  const owner = commandAccount()?.uid ?? process.getuid?.();
  const names = await readdir(parent).catch(() => []);
  for (const name of names.filter((each) => each.startsWith(basename(prefix)))) {
    const path = join(parent, name);
    const found = await lstat(path).catch(() => undefined);
    if (found?.isDirectory() && found.uid === owner) await removeWorkDirectory(path);
  }
}
