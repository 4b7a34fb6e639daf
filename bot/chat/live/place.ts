import type { LiveContent } from "./content.ts";
import type { Urgency } from "./pace.ts";

/** The whole output of an execution, as a file. */
export interface OutputFile {
  name: string;
  bytes: Uint8Array;
}

export interface Turn {
  urgency: Urgency;
  /** Gives up while it still waits for its turn. */
  signal?: AbortSignal;
}

/**
 * Where an execution is shown: one message in one conversation. Each provider has its own; it
 * keeps to the provider's limits and tries again what may succeed. What it rejects has failed for
 * good.
 */
export interface LivePlace {
  /**
   * The name of the new message. The content is asked for when its turn to be sent has come, so
   * that nothing stale is sent.
   */
  post(content: () => LiveContent, turn: Turn): Promise<string>;
  edit(messageId: string, content: () => LiveContent, turn: Turn): Promise<void>;
  attach(file: OutputFile): Promise<void>;
}
