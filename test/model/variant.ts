import type { ExecutionStore } from "../../bot/dispatch/execution-store.ts";
import type { Journal } from "../../relay/journal/journal.ts";
import type { MessageBus } from "../../relay/process/bus.ts";
import type { SigningKey } from "../../relay/wire/keys.ts";
import type { MemoryDatabase } from "./memory-database.ts";
import type { Weather } from "./network.ts";

/** What a relay's life is made of, where a variant changes something. */
export interface RelayParts {
  bus: MessageBus;
  relayId: string;
  epoch: string;
  botKey: SigningKey;
  botId: string;
  wallMs(): number;
}

/** A protocol that is broken on purpose: the contracts must find it out. */
export interface Variant {
  name: string;
  /** Within so many schedules. */
  within: number;
  /** What the database does. */
  database?(executions: ExecutionStore, db: MemoryDatabase): ExecutionStore;
  /** What a bot makes of it. */
  executions?(executions: ExecutionStore): ExecutionStore;
  epoch?(drawn: string): string;
  journal?(journal: Journal): void;
  relayBus?(parts: RelayParts): MessageBus;
  permitMs?: number;
  /** The network that shows it best. */
  weather?: Weather;
  /** A relay that takes a message that comes a second time for a new one. */
  forgetsOffers?: boolean;
}
