import type { Logger } from "pino";
import type { MessageBus } from "../../relay/process/bus.ts";
import { BOTS_RELAYS } from "../../relay/wire/subjects.ts";
import type { RelayRegistry } from "./registry.ts";

/** Makes a committed change of a relay known to every bot. */
export async function announceChange(deps: {
  bus: MessageBus;
  registry: Pick<RelayRegistry, "refresh">;
}): Promise<void> {
  deps.bus.publish(BOTS_RELAYS, new Uint8Array());
  await deps.registry.refresh();
}

export interface FollowDeps {
  bus: MessageBus;
  registry: Pick<RelayRegistry, "refresh">;
  /** Done besides, each time: what an earlier attempt may have left undone. */
  catchUp(): Promise<void>;
  log: Logger;
  intervalMs?: number;
}

/**
 * Reads the relays again when another bot has changed one, when the bus is back, and every half
 * minute besides: a notice may be lost. However many notices come, one reading is under way and at most one waits.
 */
export function followChanges(deps: FollowDeps): { stop(): Promise<void> } {
  let reading: Promise<void> | undefined;
  let isWanted = false;
  let isStopped = false;

  async function read(): Promise<void> {
    while (isWanted) {
      isWanted = false;
      await readOnce(deps);
    }
    reading = undefined;
  }

  function soon(): void {
    if (isStopped) return;
    isWanted = true;
    reading ??= read();
  }

  const subscription = deps.bus.subscribe(BOTS_RELAYS, {}, soon);
  const timer = setInterval(soon, deps.intervalMs ?? 30_000);
  deps.bus.onStatus(({ connected }) => {
    if (connected) soon();
  });
  return {
    async stop() {
      isStopped = true;
      clearInterval(timer);
      subscription.unsubscribe();
      await reading;
    },
  };
}

async function readOnce({ registry, catchUp, log }: FollowDeps): Promise<void> {
  try {
    await registry.refresh();
    await catchUp();
  } catch (error) {
    log.warn({ err: error }, "relays could not be read again; it is tried again soon");
  }
}
