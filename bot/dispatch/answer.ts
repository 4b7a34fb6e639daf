import type { BusMessage } from "../../relay/process/bus.ts";
import { inboxOf } from "../../relay/wire/subjects.ts";

/** The relay that a message's subject names may be answered; nobody else's inbox. */
export function mayAnswer({ replyTo }: BusMessage, relayId: string): boolean {
  return replyTo?.startsWith(`${inboxOf(relayId)}.`) ?? false;
}
