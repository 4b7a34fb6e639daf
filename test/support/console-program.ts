import { startConsole } from "../../bot/chat/console/console.ts";
import type { ExecutionEnd } from "../../bot/dispatch/live.ts";
import type { Conversation, LiveView, Message } from "../../bot/invocation/message.ts";
import { refuse } from "../../bot/replies/answer.ts";

/** The console of a bot that has these commands and no relay, for tests at a real terminal. */
const COMMANDS: Readonly<Record<string, (view: LiveView, words: string) => Promise<void>>> = {
  "!echo": async (view, words) => {
    view.output("stdout", Buffer.from(`${words}\n`));
    await view.ended(ended("succeeded"));
  },
  "!hostile": async (view) => {
    view.output("stdout", Buffer.from("be\x1b]0;owned\x07fore\x1b[2J\x1b[1;1Hafter\x1b"));
    view.output("stdout", Buffer.from("[31m.\n"));
    await view.ended(ended("succeeded"));
  },
  /** Ends when it is cancelled. */
  "!sleep": async (view) => {
    view.output("stdout", Buffer.from("asleep"));
    await cancelled();
    await view.ended(ended("cancelled"));
  },
  /** Ends only once `!confirm` is typed. */
  "!stubborn": async (view) => {
    await new Promise<void>((resolve) => {
      onConfirm = resolve;
    });
    await view.ended(ended("cancelled"));
  },
  "!confirm": async (view) => {
    await view.ended(ended("succeeded"));
    onConfirm();
  },
};

let onCancel: () => void = () => {};
let onConfirm: () => void = () => {};

function cancelled(): Promise<void> {
  return new Promise((resolve) => {
    onCancel = resolve;
  });
}

function ended(state: ExecutionEnd["state"]): ExecutionEnd {
  return { state, exitCode: undefined, reason: undefined, durationMs: 5 };
}

async function handle(message: Message, conversation: Conversation): Promise<void> {
  const [name = "", ...words] = message.text.split(" ");
  const command = COMMANDS[name];
  if (!command) return conversation.tell(refuse(`no command ${name}`));
  const view = conversation.follow({ executionId: name, command: `demo:${name.slice(1)}` });
  await command(view, words.join(" "));
}

const [historyFile] = process.argv.slice(2);
await startConsole({
  handle,
  cancel: async () => onCancel(),
  completions: async () => Object.keys(COMMANDS),
  workspaceId: "workspace",
  user: "someone",
  input: process.stdin,
  output: process.stdout,
  errorOutput: process.stderr,
  ...(historyFile !== undefined && { historyFile }),
}).done;
