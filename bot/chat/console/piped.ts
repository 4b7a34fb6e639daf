import type { ConsoleDeps } from "./deps.ts";
import { isEmpty, isLeaving, MAX_LINE_CHARACTERS, readLines } from "./lines.ts";
import type { Screen } from "./screen.ts";
import { whenAborted } from "./stopping.ts";
import { Turn } from "./turn.ts";

/** Answers what is piped in, each line once the one before it has been answered. */
export async function answerLines(
  deps: ConsoleDeps,
  screen: Screen,
  signal: AbortSignal,
): Promise<void> {
  const stopped = whenAborted(signal).then(() => void deps.input.destroy());
  const answered = answerEach(deps, screen, signal).catch((error: unknown) => {
    if (signal.aborted) return;
    const reason = error instanceof Error ? error.message : String(error);
    screen.say(`the input cannot be read any further: ${reason}`, "note");
  });
  await Promise.race([answered, stopped]);
}

async function answerEach(deps: ConsoleDeps, screen: Screen, signal: AbortSignal): Promise<void> {
  for await (const { text, isCut } of readLines(deps.input)) {
    if (signal.aborted || isLeaving(text)) return;
    if (isEmpty(text)) continue;
    if (isCut) {
      const limit = `${MAX_LINE_CHARACTERS / 1024 / 1024} million characters`;
      screen.say(`a line of more than ${limit} was not run`, "problem");
      continue;
    }
    await new Turn(deps, screen, text).answered;
  }
}
