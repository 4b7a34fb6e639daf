import { startConsole } from "../../chat/console/console.ts";
import { cancelExecution } from "../../dispatch/cancel.ts";
import { completionsFor } from "../../invocation/completions.ts";
import { maskedText } from "../../invocation/masked-text.ts";
import type { View } from "../../invocation/view.ts";
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
  let latest: View | undefined;
  const view = async () => {
    latest = await bot.views.read(workspaceId, caller);
    return latest;
  };
  const hidden = memoized((from: View, text: string) => {
    const now = new Date();
    const message = { ...HERE, workspaceId, caller, text, messageId: "", saidAt: now };
    return maskedText(from, { ...message, isDirect: true, mentions: [] }, now);
  });
  await view().catch(() => {});
  const console = startConsole({
    handle: async (message, conversation) => {
      await bot.intake.take(message, conversation);
      await view().catch(() => {});
    },
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
    withoutSecrets: (line) => (latest ? hidden(latest, line) : ""),
  });
  const onAbort = () => void console.stop();
  signal.addEventListener("abort", onAbort, { once: true });
  if (signal.aborted) onAbort();
  await console.done;
  signal.removeEventListener("abort", onAbort);
}

/** The whole history is written with each line: what was looked at once is not looked at again. */
function memoized(hide: (view: View, line: string) => string) {
  let version = -1;
  let known = new Map<string, string>();
  return (view: View, line: string): string => {
    if (view.accessVersion !== version) [version, known] = [view.accessVersion, new Map()];
    const kept = known.get(line) ?? hide(view, line);
    known.set(line, kept);
    return kept;
  };
}
