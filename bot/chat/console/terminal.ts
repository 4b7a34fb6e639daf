import type { ConsoleDeps } from "./deps.ts";
import { readHistory, writeHistory } from "./history.ts";
import { createLineQueue } from "./line-queue.ts";
import { isEmpty, isLeaving } from "./lines.ts";
import { openPrompt, type Prompt } from "./prompt.ts";
import type { Screen } from "./screen.ts";
import { whenAborted } from "./stopping.ts";
import { Turn } from "./turn.ts";

/** A conversation with a person at a terminal; resolves when they leave, or at the signal. */
export async function converse(
  deps: ConsoleDeps,
  screen: Screen,
  signal: AbortSignal,
): Promise<void> {
  const lines = createLineQueue();
  const now: { turn?: Turn | undefined; isLeaving: boolean } = { isLeaving: false };
  const prompt = openPrompt(deps, {
    ...historyIn(deps, (line) => shown.say(line, "note")),
    onLine: (line) => {
      now.isLeaving = false;
      lines.push(line);
    },
    onInterrupt: (hadText) => {
      // Whoever interrupts wants nothing of what was typed ahead.
      lines.clear();
      if (now.turn) return now.turn.interrupt();
      if (now.isLeaving && !hadText) return prompt.close();
      now.isLeaving = !hadText;
      if (!hadText) shown.say("to leave: Ctrl-C again, Ctrl-D or exit", "note");
      prompt.show();
    },
    onClose: () => {
      if (now.turn && !signal.aborted) shown.say("leaving once this has been answered", "note");
      lines.end();
    },
  });
  const shown = beside(prompt, screen);
  const stopped = whenAborted(signal).then(() => prompt.close());

  async function answerEach(): Promise<void> {
    for (;;) {
      const line = await nextLine();
      if (line === undefined || isLeaving(line) || signal.aborted) return prompt.close();
      if (isEmpty(line)) continue;
      now.turn = new Turn(deps, shown, line);
      await now.turn.answered;
      now.turn = undefined;
    }
  }

  function nextLine(): Promise<string | undefined> {
    const typedAhead = lines.take();
    if (typedAhead === undefined) prompt.show();
    else prompt.echo(typedAhead);
    return typedAhead === undefined ? lines.next() : Promise.resolve(typedAhead);
  }

  await Promise.race([answerEach(), stopped]);
}

/** Answers that come while somebody types are printed above what they type. */
function beside(prompt: Prompt, screen: Screen): Screen {
  return { ...screen, say: (text, tone) => prompt.above(() => screen.say(text, tone)) };
}

/** A history that cannot be kept is said once, and is no reason not to work. */
function historyIn(deps: ConsoleDeps, complain: (line: string) => void) {
  const { historyFile: file, withoutSecrets = (line: string) => line } = deps;
  let isKept = file !== undefined;
  function attempt<T>(use: (file: string) => T): T | undefined {
    if (!isKept || file === undefined) return undefined;
    try {
      return use(file);
    } catch (error) {
      isKept = false;
      const reason = error instanceof Error ? error.message : String(error);
      queueMicrotask(() => complain(`the history of this console is not kept: ${reason}`));
      return undefined;
    }
  }
  return {
    history: attempt(readHistory) ?? [],
    onHistory: (newestFirst: readonly string[]) =>
      attempt((kept) => writeHistory(kept, newestFirst.map(withoutSecrets))),
  };
}
