import { userInfo } from "node:os";

/** Of the account that this process runs as; in a container it may have a number only. */
export function accountName(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid-${process.getuid?.() ?? "unknown"}`;
  }
}
