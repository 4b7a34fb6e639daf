import type { BusMessage } from "../process/bus.ts";
import type { Logger } from "../process/logger.ts";
import { type Kind, signAsRelay } from "../wire/envelope.ts";
import type { SigningKey } from "../wire/keys.ts";
import { repliesOf } from "../wire/subjects.ts";

/** Signs answers, and sends them only where a bot may listen for this relay. */
export type Reply = <T extends { version: 1 }>(
  message: BusMessage,
  kind: Kind<T>,
  body: Omit<T, "version">,
) => Promise<void>;

export function createReply(relay: { relayId: string; key: SigningKey; log: Logger }): Reply {
  return async (message, kind, body) => {
    if (!message.replyTo?.startsWith(repliesOf(relay.relayId))) return;
    try {
      message.respond(await signAsRelay(relay.key, kind, body));
    } catch (error) {
      relay.log.warn({ err: error, kind: kind.typ }, "answer not sent");
    }
  };
}
