import type { Conversation, Message } from "../invocation/message.ts";

/** What every chat needs of the bot. */
export interface ChatDeps {
  /** Never rejects for what the caller did wrong; may reject on a fault. */
  handle(message: Message, conversation: Conversation): Promise<void>;
  workspaceId: string;
}

/** A chat that the bot listens to, as `startSlack(…)`, `startConsole(…)` return it. */
export interface ChatAdapter {
  /** Takes nothing more. What is being answered goes on being shown for as long as others run it. */
  stop(): Promise<void>;
}
