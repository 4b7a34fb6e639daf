import { accessSync, constants, statSync } from "node:fs";
import { resolve } from "node:path";
import type { StartRequest } from "./frames.ts";

export type Missing = "ENOENT" | "EACCES";

/**
 * Why the host would not execute the command, asked beforehand: what enters a namespace first
 * could not tell it from a command that ends with 126 or 127 itself.
 */
export function whyNotExecutable(request: StartRequest): Missing | undefined {
  const [name = ""] = request.argv;
  const reasons = candidates(name, request).map((path) => judge(path, request.account));
  if (reasons.includes(undefined)) return undefined;
  return reasons.includes("EACCES") ? "EACCES" : "ENOENT";
}

function candidates(name: string, { env, directory }: StartRequest): string[] {
  if (name === "") return [];
  if (name.includes("/")) return [resolve(directory, name)];
  return (env.PATH ?? "/usr/bin:/bin").split(":").map((each) => resolve(directory, each, name));
}

function judge(path: string, account: StartRequest["account"]): Missing | undefined {
  try {
    const found = statSync(path);
    if (!found.isFile()) return "EACCES";
    if (!account) accessSync(path, constants.X_OK);
    else if ((found.mode & executeBit(found, account)) === 0) return "EACCES";
    return undefined;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EACCES"
      ? "EACCES"
      : "ENOENT";
  }
}

interface Ids {
  uid: number;
  gid: number;
}

function executeBit(owner: Ids, account: Ids): number {
  if (owner.uid === account.uid) return 0o100;
  return owner.gid === account.gid ? 0o010 : 0o001;
}
