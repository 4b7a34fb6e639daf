import { randomInt } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { childrenOf } from "../../../../relay/runtime/native/namespaces.ts";

/** A number of seconds for `sleep` that no other process has among its words. */
export function newMark(): string {
  return `30.${randomInt(1e9)}`;
}

/** Living processes of the host with that word, in whatever namespace. */
export function runningWith(mark: string): number[] {
  return readdirSync("/proc")
    .filter((name) => hasWord(name, mark))
    .map(Number);
}

function hasWord(name: string, mark: string): boolean {
  if (!/^\d+$/.test(name)) return false;
  try {
    // A zombie has no words any more.
    return commandLine(Number(name)).split("\0").join(" ").startsWith(`sleep ${mark}`);
  } catch {
    return false;
  }
}

/** The one child of a process whose command line has that word in it. */
export function childOf(parent: number, word: string): number {
  const found = childrenOf(parent).filter((pid) => commandLine(pid).includes(word));
  const [pid] = found;
  if (pid === undefined || found.length > 1) throw new Error(`${found.length} children: ${word}`);
  return pid;
}

function commandLine(pid: number): string {
  return readFileSync(`/proc/${pid}/cmdline`, "latin1");
}
