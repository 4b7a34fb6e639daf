import { startConsole } from "../../chat/console/console.ts";
import { cancelExecution } from "../../dispatch/cancel.ts";
import { completionsFor } from "../../invocation/completions.ts";
import type { Bot } from "../../main.ts";

const HERE = { adapter: "console", installation: "local", channel: "console" } as const;

/** The console on this terminal, or on what is piped in; resolves when it has ended. */
export async function runConsole(
  bot: Bot,
  historyFile: string,
  signal: AbortSignal,
): Promise<void> {
  const { workspaceId } = bot;
  const caller = {
    adapter: HERE.adapter,
    installation: HERE.installation,
    providerUser: bot.consoleUser,
  };
  const view = () => bot.views.read(workspaceId, caller);
  const console = startConsole({
    handle: bot.intake.take,
    cancel: async (executionId) => {
      const userId = (await view()).caller?.userId;
      if (userId === undefined) return;
      await cancelExecution(
        bot.dispatch,
        { workspaceId, executionId },
        { userId, method: HERE.adapter },
      );
    },
    completions: async () => completionsFor(await view(), HERE, new Date()),
    workspaceId,
    user: bot.consoleUser,
    input: process.stdin,
    output: process.stdout,
    errorOutput: process.stderr,
    historyFile,
  });
  const onAbort = () => void console.stop();
  signal.addEventListener("abort", onAbort, { once: true });
  if (signal.aborted) onAbort();
  await console.done;
  signal.removeEventListener("abort", onAbort);
}
