import type { KnownRelay, RelayRegistry } from "./registry.ts";

/**
 * A relay as lists show it. Reachability is derived from when it was last heard, not stored;
 * `forged` is one whose keys or tags somebody else than a bot has written.
 */
export interface RelaySummary {
  id: string;
  name: string;
  hostname: string;
  state: "reachable" | "draining" | "unreachable" | "suspended" | "removed" | "forged";
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
      state: stateOf(relay, reachability),
      tags,
      runtimes: presence?.runtimes ?? [],
      running: presence?.running ?? 0,
      capacity: presence?.capacity ?? 0,
    };
  });
}

function stateOf(
  { isGenuine, state }: KnownRelay,
  reachability: "reachable" | "draining" | "unreachable",
): RelaySummary["state"] {
  if (!isGenuine) return "forged";
  return state === "active" ? reachability : state;
}
