import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import {
  chmod,
  chown,
  mkdir,
  mkdtemp,
  readFile,
  rename,
  rm,
  stat,
  writeFile,
} from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { BotError } from "../../errors.ts";
import { type Account, canReach } from "./account.ts";
import { directoryFault } from "./faults.ts";

/** Linux and macOS refuse longer paths of Unix sockets: 107 and 103 bytes. */
const MAX_SOCKET_PATH = 103;
const SOCKET = ".s.PGSQL.5432";

/** Makes the directory, private to the account, and makes sure that the account gets there. */
export async function prepareDirectory(
  directory: string,
  account: Account | undefined,
): Promise<void> {
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    if (account) await lendPassage(dirname(directory), account);
    await ownFolder(directory, account);
  } catch (cause) {
    throw directoryFault(directory, cause);
  }
  if (await canReach(account, directory)) return;
  throw new BotError(
    "data-directory",
    `Postgres, which does not run as root, cannot enter ${directory}; set ALDIS_DATA_DIR to a folder outside of private ones, such as ALDIS_DATA_DIR=/var/lib/aldis`,
  );
}

/** Lets the account pass through our own private data directory, without letting it look inside. */
async function lendPassage(parent: string, account: Account): Promise<void> {
  const { uid, mode } = await stat(parent);
  if (uid !== 0 || (mode & 0o777) !== 0o700 || parent === homedir()) return;
  await chown(parent, 0, account.gid);
  await chmod(parent, 0o710);
}

async function ownFolder(path: string, account: Account | undefined): Promise<void> {
  await chmod(path, 0o700);
  if (account) await chown(path, account.uid, account.gid);
}

/** The password kept in this file; a random one the first time. */
export async function keptPassword(file: string, account: Account | undefined): Promise<string> {
  if (existsSync(file)) return (await readFile(file, "utf8")).trim();
  const password = randomBytes(24).toString("base64url");
  const partial = `${file}.new`;
  await writeFile(partial, `${password}\n`, { mode: 0o600, flush: true });
  if (account) await chown(partial, account.uid, account.gid);
  await rename(partial, file);
  return password;
}

/**
 * A new, private folder for the socket: inside the directory, or in a temporary folder if that
 * path is too long for a socket. The name of the latter is kept, to be removed by the next start.
 */
export async function freshSocketDirectory(
  directory: string,
  account: Account | undefined,
): Promise<string> {
  const inside = join(directory, "socket");
  const note = join(directory, "socket-elsewhere");
  if (existsSync(note))
    await rm((await readFile(note, "utf8")).trim(), {
      recursive: true,
      force: true,
      maxRetries: 20,
    });
  await rm(inside, { recursive: true, force: true, maxRetries: 20 });
  if (fits(inside)) {
    await mkdir(inside, { mode: 0o700 });
    await ownFolder(inside, account);
    return inside;
  }
  const elsewhere = await temporaryFolder(account);
  await writeFile(note, `${elsewhere}\n`, { mode: 0o600 });
  return elsewhere;
}

async function temporaryFolder(account: Account | undefined): Promise<string> {
  const usable = fits(join(tmpdir(), "aldis-XXXXXX")) && (await canReach(account, tmpdir()));
  const folder = await mkdtemp(join(usable ? tmpdir() : "/tmp", "aldis-"));
  await ownFolder(folder, account);
  return folder;
}

function fits(socketDirectory: string): boolean {
  return Buffer.byteLength(join(socketDirectory, SOCKET)) <= MAX_SOCKET_PATH;
}
