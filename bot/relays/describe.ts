import type { RelayRegistry } from "./registry.ts";

/** A relay as lists show it. Reachability is derived from when it was last heard, not stored. */
export interface RelaySummary {
  id: string;
  name: string;
  hostname: string;
  state: "reachable" | "draining" | "unreachable" | "suspended" | "removed";
  tags: Record<string, string>;
  runtimes: string[];
  running: number;
  capacity: number;
}

/** Those that were removed are left to the audit. */
export function describeRelays(registry: RelayRegistry, workspaceId: string): RelaySummary[] {
  const present = registry.list(workspaceId).filter(({ state }) => state !== "removed");
  return present.map((relay) => {
    const { id, name, hostname, tags, presence } = relay;
    const reachability = registry.isReachable(relay)
      ? relay.draining || presence?.draining
        ? "draining"
        : "reachable"
      : "unreachable";
    return {
      id,
      name,
      hostname,
      state: relay.state === "active" ? reachability : relay.state,
      tags,
      runtimes: presence?.runtimes ?? [],
      running: presence?.running ?? 0,
      capacity: presence?.capacity ?? 0,
    };
  });
}
