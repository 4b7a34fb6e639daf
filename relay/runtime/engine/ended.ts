import { setTimeout as pause } from "node:timers/promises";
import type { Containers, Inspected } from "./containers.ts";
import { hasRunOutOfMemory } from "./out-of-memory.ts";

export interface Ended {
  code: number;
  isOutOfMemory: boolean;
}

interface EndDeps {
  name: "docker" | "podman";
  containers: Containers;
}

/** What the engine shows of a container that somebody has removed while it ran. */
const REMOVED = 137;

/**
 * Prepares for the end of a container that is not started yet, and gives the question to ask once
 * its output is at an end. Docker is asked beforehand, and answers at once; Podman would look only
 * four times in a second.
 */
export async function endOf(
  { name, containers }: EndDeps,
  id: string,
): Promise<() => Promise<Ended>> {
  if (name === "podman") return () => endedInPodman(containers, id);
  const exit = await containers.nextExit(id);
  return async () => {
    const code = await exit.code;
    const found = code === 0 ? undefined : await containers.inspect(id);
    return { code, isOutOfMemory: found?.State.OOMKilled ?? false };
  };
}

/** Its output may end before it does, and for a moment what has ended is still shown as running. */
async function endedInPodman(containers: Containers, id: string): Promise<Ended> {
  let isOutOfMemory = false;
  for (let pauseMs = 5; ; pauseMs = Math.min(pauseMs * 2, 250)) {
    isOutOfMemory ||= await hasRunOutOfMemory(id);
    const found = await containers.inspect(id);
    if (!found) return { code: REMOVED, isOutOfMemory };
    if (hasEnded(found)) return { code: found.State.ExitCode, isOutOfMemory };
    await pause(pauseMs);
  }
}

export function hasEnded({ State }: Inspected): boolean {
  return !State.Running && ["exited", "stopped", "dead"].includes(State.Status);
}
