import { readFile } from "node:fs/promises";

/**
 * Where the kernel counts what it has killed for want of memory, under either cgroup version and
 * either of Podman's cgroup drivers. Podman itself says that nothing was.
 */
function countersOf(id: string): string[] {
  const scopes = [`libpod_parent/libpod-${id}`, `machine.slice/libpod-${id}.scope`];
  return scopes.flatMap((scope) => [
    `/sys/fs/cgroup/memory/${scope}/memory.oom_control`,
    `/sys/fs/cgroup/${scope}/memory.events`,
  ]);
}

/**
 * Whether anything in a Podman container was killed because memory ran out. Only in the moment
 * before Podman removes what it has of it is there an answer; a rootless Podman's is not found.
 */
export async function hasRunOutOfMemory(id: string): Promise<boolean> {
  const texts = await Promise.all(
    countersOf(id).map((path) => readFile(path, "latin1").catch(() => "")),
  );
  return texts.some((text) => /^oom_kill [1-9]/m.test(text));
}
