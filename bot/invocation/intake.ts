import type { Logger } from "pino";
import { atMost } from "../../relay/process/at-most.ts";
import { BotError } from "../errors.ts";
import { createFaultLog } from "../store/outage.ts";
import { answerToFault, type HandleDeps, handle } from "./handle.ts";
import type { Conversation, Message } from "./message.ts";

/** Takes messages from every edge, and knows which are still being answered. */
export interface Intake {
  /** Never rejects: a fault becomes one line for the caller and one in the log. */
  take(message: Message, conversation: Conversation): Promise<void>;
  /** Takes nothing more; resolves when everything taken has been answered, or at the deadline. */
  stop(deadlineMs: number): Promise<void>;
}

export function startIntake(deps: HandleDeps, log: Logger): Intake {
  const inHand = new Set<Promise<void>>();
  const noteFault = createFaultLog(log);
  let isStopping = false;

  async function answer(message: Message, conversation: Conversation): Promise<void> {
    try {
      if (isStopping) throw new BotError("stopping", "the bot is stopping: nothing was run");
      await handle(deps, message, conversation);
    } catch (error) {
      noteFault(error, { adapter: message.adapter }, "an invocation met a fault");
      await conversation.tell(answerToFault(error)).catch((failed: unknown) => {
        log.error({ err: failed }, "a fault could not be told");
      });
    }
  }

  return {
    take(message, conversation) {
      const answering = answer(message, conversation).finally(() => inHand.delete(answering));
      inHand.add(answering);
      return answering;
    },
    async stop(deadlineMs) {
      isStopping = true;
      await atMost(deadlineMs, [...inHand]);
    },
  };
}
