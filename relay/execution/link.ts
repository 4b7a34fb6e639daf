import type { BusMessage, MessageBus } from "../process/bus.ts";
import type { Clock } from "../process/clock.ts";
import type { Logger } from "../process/logger.ts";
import type { fromBot, Kind, Opened } from "../wire/envelope.ts";
import type { SigningKey } from "../wire/keys.ts";

/** Any message that a bot signs. */
export type BotMessage = (typeof fromBot)[keyof typeof fromBot] extends infer Each
  ? Each extends Kind<infer T>
    ? T
    : never
  : never;

/** Every duration of the relay's side of the protocol. */
export interface Waits {
  /** For how long one claim waits for its permit. */
  claimMs: number;
  /** For how long one piece of output, or a result, waits for its receipt. */
  confirmMs: number;
  /** Between two attempts; doubles from the one to the other. */
  retryMinMs: number;
  retryMaxMs: number;
  /** How old a permit may be when the command starts, from the question on. */
  permitMs: number;
}

/** What an execution needs to talk to the bots, and to believe them. */
export interface BotLink {
  relayId: string;
  epoch: string;
  key: SigningKey;
  bus: Pick<MessageBus, "request">;
  clock: Clock;
  waits: Waits;
  log: Logger;
  /** Opens what must come from a bot that the authority lists, for this relay and epoch. */
  open<T extends BotMessage>(kind: Kind<T>, payload: BusMessage["payload"]): Promise<Opened<T>>;
  /** Makes known that a message was not what it claimed to be. */
  refuse(kind: string, reason: string): void;
}
