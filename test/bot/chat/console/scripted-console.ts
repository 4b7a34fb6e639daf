import { PassThrough } from "node:stream";
import {
  type Console,
  type ConsoleDeps,
  startConsole,
} from "../../../../bot/chat/console/console.ts";
import type { ExecutionEnd } from "../../../../bot/dispatch/live.ts";
import type { Conversation, LiveView, Message } from "../../../../bot/invocation/message.ts";
import { waitFor } from "../../../support/wait.ts";

export interface ScriptedConsole extends Console {
  input: PassThrough;
  output: PassThrough;
  errorOutput: PassThrough;
  /** What was said to the bot so far. */
  messages: readonly Message[];
  cancelled: readonly string[];
  /** What was written so far. */
  stdout(): string;
  stderr(): string;
  /** Waits until something stands on the output. */
  sees(text: string): Promise<void>;
}

export interface Script
  extends Partial<Pick<ConsoleDeps, "cancel" | "completions" | "historyFile" | "withoutSecrets">> {
  handle?(message: Message, conversation: Conversation): Promise<void>;
  /** Which streams are terminals. */
  terminals?: readonly ("input" | "output" | "errorOutput")[];
  columns?: number;
  hasColours?: boolean;
}

export function scriptedConsole(script: Script = {}): ScriptedConsole {
  const messages: Message[] = [];
  const cancelled: string[] = [];
  const isTerminal = (name: "input" | "output" | "errorOutput") => ({
    isTTY: script.terminals?.includes(name) ?? false,
  });
  const input = Object.assign(new PassThrough(), isTerminal("input"));
  const output = Object.assign(new PassThrough(), isTerminal("output"), {
    columns: script.columns ?? 80,
    hasColors: () => script.hasColours ?? false,
  });
  const errorOutput = Object.assign(new PassThrough(), isTerminal("errorOutput"));
  const stdout = collect(output);
  const stderr = collect(errorOutput);
  const console = startConsole({
    handle: async (message, conversation) => {
      messages.push(message);
      await script.handle?.(message, conversation);
    },
    cancel:
      script.cancel ??
      (async (executionId) => {
        cancelled.push(executionId);
      }),
    completions: script.completions ?? (async () => []),
    workspaceId: "workspace",
    user: "someone",
    input,
    output,
    errorOutput,
    ...(script.historyFile !== undefined && { historyFile: script.historyFile }),
    ...(script.withoutSecrets && { withoutSecrets: script.withoutSecrets }),
  });
  const sees = async (text: string): Promise<void> => {
    await waitFor(() => stdout().includes(text), { what: JSON.stringify(text) });
  };
  return { ...console, input, output, errorOutput, messages, cancelled, stdout, stderr, sees };
}

/** Everything that the stream has carried so far. */
function collect(stream: PassThrough): () => string {
  const chunks: Buffer[] = [];
  stream.on("data", (chunk: Buffer) => chunks.push(chunk));
  return () => Buffer.concat(chunks).toString();
}

/** A command that writes and then ends. */
export async function runs(
  conversation: Conversation,
  use: (view: LiveView) => void,
  end: Partial<ExecutionEnd> = {},
): Promise<void> {
  const view = conversation.follow({ executionId: "execution", command: "demo:command" });
  use(view);
  const usual = { exitCode: 0, reason: undefined, durationMs: 5 };
  await view.ended({ state: "succeeded", ...usual, ...end });
}
