import { announceChange, followChanges } from "./changes.ts";
import { type EnrolDeps, serveEnrolment } from "./enrol.ts";
import type { HeldKeyList } from "./held-key-list.ts";
import type { NatsAuthority } from "./nats-authority.ts";
import { tellRemovals } from "./nats-removal.ts";
import type { RelayRegistry } from "./registry.ts";
import { type RotateDeps, serveRotation } from "./rotate.ts";

export interface ServeRelaysDeps
  extends Omit<EnrolDeps, "natsUsers" | "onEnrolled" | "keyList">,
    Omit<RotateDeps, "onRotated" | "registry"> {
  registry: RelayRegistry;
  nats: NatsAuthority | undefined;
  keyLists: HeldKeyList;
}

/** All about relays but their work: who joins, with which keys, and what other bots have changed. */
export function serveRelays(deps: ServeRelaysDeps): { stop(): Promise<void> } {
  const { store, nats, keyLists } = deps;
  const announce = () => announceChange(deps);
  const removal = nats?.removal;
  const subscriptions = [
    serveEnrolment({
      ...deps,
      keyList: () => keyLists.current().jws,
      natsUsers: nats?.users,
      onEnrolled: announce,
    }),
    serveRotation({ ...deps, onRotated: announce }),
  ];
  const catchUp = async () => {
    await keyLists.refresh();
    if (removal) await tellRemovals(store, removal);
  };
  const changes = followChanges({ ...deps, catchUp });
  return {
    async stop() {
      for (const subscription of subscriptions) subscription.unsubscribe();
      await changes.stop();
    },
  };
}
