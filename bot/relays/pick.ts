import { compareVerdicts, type Judged, judge, type Wish } from "./judge.ts";
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
  wish: Wish,
): Candidate[] {
  return registry
    .list(workspaceId)
    .map((relay) => ({ relay, verdict: judge(asItIs(registry, relay), wish) }))
    .filter(({ verdict }) => verdict.obstacles.length === 0)
    .sort((a, b) => compareVerdicts(a.verdict, b.verdict))
    .flatMap(({ relay }) => (relay.epoch === null ? [] : [{ relay, epoch: relay.epoch }]));
}

/** The relays of a workspace as they are at this moment. */
export function relaysNow(registry: RelayRegistry, workspaceId: string): Judged[] {
  return registry.list(workspaceId).map((relay) => asItIs(registry, relay));
}

function asItIs(registry: RelayRegistry, relay: KnownRelay): Judged {
  const { id, name, isGenuine, state, draining, tags, epoch, load, presence } = relay;
  const isReachable = registry.isReachable(relay);
  return { id, name, isGenuine, state, draining, tags, epoch, load, presence, isReachable };
}
