import type { MessageBus } from "../../relay/process/bus.ts";
import type { Clock } from "../../relay/process/clock.ts";
import { fromBot } from "../../relay/wire/envelope.ts";
import { randomName } from "../../relay/wire/ids.ts";
import type { SigningKey } from "../../relay/wire/keys.ts";
import { downTo } from "../../relay/wire/subjects.ts";
import { signTo } from "./sign-to.ts";

const DRAIN_TTL_MS = 30_000;

interface DrainedRelay {
  id: string;
  epoch: string | null;
  presence: { draining: boolean } | undefined;
  /** What its administrators wish. */
  draining: boolean;
}

interface DrainDeps {
  bus: Pick<MessageBus, "publish">;
  key: SigningKey;
  botId: string;
  clock: Clock;
}

/**
 * Tells a relay to take no more offers, or to take them again, where it does otherwise than its
 * administrators wish; it forgets the wish when it starts anew, and is told again.
 */
export async function tellDraining(deps: DrainDeps, relay: DrainedRelay): Promise<void> {
  const { epoch, presence, draining } = relay;
  if (epoch === null || !presence || presence.draining === draining) return;
  const to = { relayId: relay.id, epoch, ttlMs: DRAIN_TTL_MS };
  const wish = { nonce: randomName(), draining };
  deps.bus.publish(downTo(relay.id), await signTo(deps, to, fromBot.drain, wish));
}
