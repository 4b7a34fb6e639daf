import type { OutputStream } from "../../relay/wire/frames.ts";
import type { IdentityKey } from "../access/principal.ts";
import type { ExecutionEnd } from "../dispatch/live.ts";
import type { Answer } from "../replies/answer.ts";

/** Something said where the bot listens, in the terms of no chat in particular. */
export interface Message {
  workspaceId: string;
  adapter: string;
  installation: string;
  channel: string;
  /** The message itself, not the event that carried it: one message, one invocation. */
  messageId: string;
  text: string;
  saidAt: Date;
  /** An account at the provider; or, where the caller has shown a token, the Aldis user. */
  caller: IdentityKey | { userId: string };
  /** Whether everything said here is said to the bot. */
  isDirect: boolean;
  /** How the bot is mentioned here. */
  mentions: readonly string[];
}

/** What an invocation has become, once it is recorded. */
export interface Accepted {
  invocationId: string;
  /** Absent for the bot's own commands and for what was refused. */
  executionId?: string;
}

/** Where the answer goes. Implemented by each edge. */
export interface Conversation {
  accepted(accepted: Accepted): void;
  tell(answer: Answer): Promise<void>;
  /** Opens the live view of an execution that is about to be offered. */
  follow(execution: { executionId: string; command: string }): LiveView;
}

export interface LiveView {
  /** `detail` is the relay's name, or why it waits. */
  state(state: "waiting" | "offered" | "started", detail: string): void;
  output(stream: OutputStream, bytes: Uint8Array): void;
  ended(end: ExecutionEnd): Promise<void>;
}
