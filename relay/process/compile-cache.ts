import { mkdirSync, statSync } from "node:fs";
import module from "node:module";
import { homedir } from "node:os";
import { join } from "node:path";

/**
 * Lets Node keep what it compiles in `~/.cache/aldis`, which makes a start 20 % shorter. What lies
 * there is run, so it must be this user's alone: a home that `sudo` has kept is not root's. Where
 * it is not, and where there is no home to write to, everything works as without.
 */
export function useCompileCache(env: NodeJS.ProcessEnv): void {
  const user = process.getuid?.();
  // Unknown to the Nodes that `refuseOldNode` is for.
  if (user === undefined || typeof module.enableCompileCache !== "function") return;
  try {
    const directory = join(env.XDG_CACHE_HOME || join(homedir(), ".cache"), "aldis");
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const { uid, mode } = statSync(directory);
    if (uid === user && (mode & 0o077) === 0) module.enableCompileCache(directory);
  } catch {
    // No home, or not a writable one.
  }
}
