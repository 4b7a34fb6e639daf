import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

/** When a process began, by the host's own account; undefined when there is no such process. */
export function startMarkOf(pid: number): string | undefined {
  try {
    return process.platform === "linux" ? linuxStartMark(pid) : startMarkByPs(pid);
  } catch {
    return undefined;
  }
}

/** Signals every process of the group; does nothing when none is left. */
export function signalGroup(group: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-group, signal);
  } catch {
    // Nobody is left there whom this process may signal.
  }
}

/** Kills what is left of a group and resolves when the host says that nothing is. */
export async function killGroup(group: number): Promise<void> {
  let pauseMs = 1;
  while (isGroupAlive(group)) {
    signalGroup(group, "SIGKILL");
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
    pauseMs = Math.min(pauseMs * 2, 250);
  }
}

/** Zombies do not count: where nobody reaps them they stay for as long as the host does. */
export function isGroupAlive(group: number): boolean {
  try {
    process.kill(-group, 0);
  } catch {
    return false;
  }
  return process.platform !== "linux" || hasLivingMember(group);
}

function hasLivingMember(group: number): boolean {
  return readdirSync("/proc").some(
    (name) => /^\d+$/.test(name) && isLivingMember(Number(name), group),
  );
}

export function isLivingMember(pid: number, group: number): boolean {
  try {
    const { state, processGroup } = readStat(pid);
    return processGroup === group && state !== "Z" && state !== "X";
  } catch {
    return false;
  }
}

/** Ticks since boot repeat after a reboot, so the boot has its part in the mark. */
function linuxStartMark(pid: number): string {
  const boot = readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim();
  return `${boot}/${readStat(pid).startTicks}`;
}

interface Stat {
  state: string;
  processGroup: number;
  startTicks: string;
}

/** The second field is the program's name in brackets and may itself hold spaces and brackets. */
function readStat(pid: number): Stat {
  const text = readFileSync(`/proc/${pid}/stat`, "latin1");
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const [state = "", , processGroup = ""] = fields;
  return { state, processGroup: Number(processGroup), startTicks: fields[19] ?? "" };
}

function startMarkByPs(pid: number): string | undefined {
  const text = execFileSync("ps", ["-o", "lstart=", "-p", String(pid)], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  return text.trim() || undefined;
}
