import type { Conversation } from "../../bot/invocation/message.ts";
import type { Bot } from "../../bot/main.ts";
import { benchMessage } from "./stage.ts";

/** One typed line, from the intake to the end of its execution. */
export async function runOnce(bot: Bot, line: string): Promise<void> {
  let state: string | undefined;
  const conversation: Conversation = {
    accepted() {},
    async tell() {},
    follow: () => ({
      state() {},
      output() {},
      async ended(end) {
        state = end.state;
      },
    }),
  };
  await bot.intake.take(benchMessage(bot, line), conversation);
  if (state !== "succeeded") throw new Error(`a bench execution ended as ${state}`);
}

/** So many of them, at most `inFlight` at once. */
export async function runMany(bot: Bot, line: string, count: number, inFlight: number) {
  let left = count;
  const worker = async () => {
    while (left-- > 0) await runOnce(bot, line);
  };
  await Promise.all(Array.from({ length: inFlight }, worker));
}
