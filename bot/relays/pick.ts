import type { ExecutionSpec } from "../../relay/wire/messages.ts";
import { matches, preference } from "../../relay/wire/selector.ts";
import type { KnownRelay, RelayRegistry } from "./registry.ts";

/** A relay that has proved its epoch and can be offered work now. */
export interface Candidate {
  relay: KnownRelay;
  epoch: string;
}

/**
 * The relays that may be offered this execution, best first: those with the most preferred tags,
 * and of these the least loaded.
 */
export function pickCandidates(
  registry: RelayRegistry,
  workspaceId: string,
  spec: Pick<ExecutionSpec, "selector" | "native">,
): Candidate[] {
  return registry
    .list(workspaceId)
    .filter((relay) => registry.isReachable(relay) && isAble(relay, spec))
    .flatMap((relay) => (relay.epoch === null ? [] : [{ relay, epoch: relay.epoch }]))
    .sort((a, b) => preferenceOf(b) - preferenceOf(a) || loadOf(a.relay) - loadOf(b.relay));

  function preferenceOf({ relay }: Candidate): number {
    return preference(spec.selector, relay.tags);
  }
}

function isAble(relay: KnownRelay, spec: Pick<ExecutionSpec, "selector" | "native">): boolean {
  const presence = relay.presence;
  if (relay.state !== "active" || !presence || presence.draining) return false;
  const hasRuntime = presence.runtimes.some((name) => (name === "native") === spec.native);
  const hasRoom = relay.load < presence.capacity;
  return hasRuntime && hasRoom && matches(spec.selector, relay.tags);
}

function loadOf(relay: KnownRelay): number {
  return relay.load / Math.max(1, relay.presence?.capacity ?? 1);
}
