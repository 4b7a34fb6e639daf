import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { recordEvent } from "../audit/record.ts";
import type { Store } from "../store/pool.ts";
import { makeFirstAdministrator } from "./first-administrator.ts";
import { issueToken } from "./tokens.ts";

/** Where the first administrator's API token is left for the command line of the same user. */
export const TOKEN_FILE = "admin.token";

export interface FirstStart {
  userName: string;
  tokenFile: string;
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
  const identity = { adapter: "console", installation: "local", providerUser: consoleUser };
  const made = await makeFirstAdministrator(store, workspaceId, identity);
  if (!made) return undefined;
  const token = await issueToken(store, workspaceId, made.userId, "first administrator");
  const tokenFile = join(dataDirectory, TOKEN_FILE);
  await writeFile(tokenFile, `${token}\n`, { mode: 0o600 });
  await chmod(tokenFile, 0o600);
  await recordEvent(store, {
    workspaceId,
    kind: "user.first-administrator",
    method: "system",
    actorId: made.userId,
    detail: { name: made.name, identity },
  });
  return { userName: made.name, tokenFile };
}
