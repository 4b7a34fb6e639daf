import { chmod, constants, copyFile, mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { BotError } from "../errors.ts";
import type { Store } from "../store/pool.ts";
import { hasUser, makeFirstAdministrator } from "./first-administrator.ts";

/** Where the first administrator's API token is left for the command line of the same user. */
export const TOKEN_FILE = "admin.token";

export interface FirstStart {
  userName: string;
  tokenFile: string;
  /** Where the token of another database is now, if one was in that place. */
  oldTokenFile: string | undefined;
}

/**
 * Makes the first administrator, known by this console account and by an API token, in a workspace
 * that has no user; undefined in one that has.
 */
export async function prepareFirstStart(
  store: Store,
  workspaceId: string,
  dataDirectory: string,
  consoleUser: string,
): Promise<FirstStart | undefined> {
  if (await hasUser(store, workspaceId)) return undefined;
  const identity = { adapter: "console", installation: "local", providerUser: consoleUser };
  const tokenFile = join(dataDirectory, TOKEN_FILE);
  let oldTokenFile: string | undefined;
  // The token cannot be shown again: it is kept before anybody is made.
  const made = await makeFirstAdministrator(store, workspaceId, identity, async ({ token }) => {
    oldTokenFile = await writeToken(tokenFile, token);
  });
  if (!made) return undefined;
  return { userName: made.name, tokenFile, oldTokenFile };
}

async function writeToken(file: string, token: string): Promise<string | undefined> {
  try {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    const old = await keepOld(file, `${file}.old`);
    await writeFile(file, `${token}\n`, { mode: 0o600 });
    await chmod(file, 0o600);
    return old;
  } catch (cause) {
    const said = cause instanceof Error ? cause.message : String(cause);
    const line = `data directory ${dirname(file)} is not usable (${said}); set ALDIS_DATA_DIR to a folder that this user may write to`;
    throw new BotError("data-directory", line, { cause });
  }
}

/** It may be the only token that opens another database: none is ever written over. */
async function keepOld(file: string, free: string, nth = 2): Promise<string | undefined> {
  try {
    await copyFile(file, free, constants.COPYFILE_EXCL);
    await chmod(free, 0o600);
    return free;
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "EEXIST") return keepOld(file, `${file}.old-${nth}`, nth + 1);
    if (code === "ENOENT") return undefined;
    throw error;
  }
}
