import type { MessageBus } from "../process/bus.ts";
import type { Clock, Timer } from "../process/clock.ts";
import type { Logger } from "../process/logger.ts";
import { fromRelay, signAsRelay } from "../wire/envelope.ts";
import type { SigningKey } from "../wire/keys.ts";
import type { Presence } from "../wire/messages.ts";
import { upFrom } from "../wire/subjects.ts";

export interface PresenceDeps {
  relayId: string;
  key: SigningKey;
  bus: Pick<MessageBus, "publish">;
  heartbeatMs: number;
  /** Changes that follow each other faster than this are told together. */
  spacingMs: number;
  describe(): Omit<Presence, "version" | "number">;
  clock: Clock;
  log: Logger;
}

export interface PresenceSender {
  /** Tells the bots soon. */
  changed(): void;
  /** Tells the bots now. */
  announce(): Promise<void>;
  stop(): void;
}

/** Says that this relay lives, every heartbeat and at each change. */
export function startPresence(deps: PresenceDeps): PresenceSender {
  let number = 0;
  let toldAtMs = Number.NEGATIVE_INFINITY;
  let soon: Timer | undefined;

  async function announce(): Promise<void> {
    soon?.cancel();
    soon = undefined;
    toldAtMs = deps.clock.monotonicMs();
    const body = { ...deps.describe(), number: ++number };
    try {
      const message = await signAsRelay(deps.key, fromRelay.presence, body);
      deps.bus.publish(upFrom(deps.relayId, "presence"), message);
    } catch (error) {
      deps.log.debug({ err: error }, "presence not sent");
    }
  }

  function changed(): void {
    const waitMs = Math.max(0, toldAtMs + deps.spacingMs - deps.clock.monotonicMs());
    soon ??= deps.clock.after(waitMs, announce);
  }

  const heartbeat = deps.clock.every(deps.heartbeatMs, announce);
  return {
    changed,
    announce,
    stop() {
      heartbeat.cancel();
      soon?.cancel();
    },
  };
}
