import type { RelayRegistry } from "../../relays/registry.ts";

/** Resolves when this relay can be offered work, or after `timeoutMs` in any case. */
export function waitForRelay(
  registry: RelayRegistry,
  relayId: string,
  timeoutMs: number,
): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, timeoutMs);
    const check = () => {
      const relay = registry.find(relayId);
      if (!relay?.presence || !registry.isReachable(relay)) return;
      clearTimeout(timer);
      resolve();
    };
    registry.onAvailable(check);
    check();
  });
}
