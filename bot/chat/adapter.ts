import type { Logger } from "pino";
import type { Clock } from "../../relay/process/clock.ts";
import type { Conversation, Message } from "../invocation/message.ts";

/** What every chat needs of the bot. */
export interface ChatDeps {
  /** Never rejects for what the caller did wrong; may reject on a fault. */
  handle(message: Message, conversation: Conversation): Promise<void>;
  workspaceId: string;
}

/** What a chat at a provider needs besides. */
export interface ProviderDeps extends ChatDeps {
  /** What stands before a command, as `!`: to write what a button says as if it had been typed. */
  prefix(): Promise<string>;
  /** All that an ended execution has printed; undefined where not all of it is stored. */
  readOutput(executionId: string): Promise<Uint8Array | undefined>;
  clock: Clock;
  log: Logger;
}

/** A chat that the bot listens to, as `startSlack(…)`, `startConsole(…)` return it. */
export interface ChatAdapter {
  /** Takes nothing more. What is being answered goes on being shown for as long as others run it. */
  stop(): Promise<void>;
}
