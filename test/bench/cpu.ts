import { readdirSync, readFileSync } from "node:fs";

const MS_PER_TICK = 10;

/** Processor time of one process so far, in milliseconds; 0 where it is gone. */
export function cpuMsOf(pid: number): number {
  const fields = statOf(pid);
  return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) * MS_PER_TICK;
}

/** The same of the server whose data lies below this folder, with all its processes. */
export function cpuMsOfPostgres(directory: string): number {
  const pids = readdirSync("/proc").map(Number).filter(Number.isInteger);
  const servers = new Set(pids.filter((pid) => commandOf(pid).includes(`${directory}/`)));
  return pids
    .filter((pid) => servers.has(pid) || servers.has(Number(statOf(pid)[1])))
    .reduce((sum, pid) => sum + cpuMsOf(pid), 0);
}

function commandOf(pid: number): string {
  const line = read(`/proc/${pid}/cmdline`);
  return line.includes("postgres") ? line : "";
}

/** What stands behind the name, which may hold anything: state, parent, … (proc(5)). */
function statOf(pid: number): string[] {
  const text = read(`/proc/${pid}/stat`);
  return text.slice(text.lastIndexOf(")") + 2).split(" ");
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
