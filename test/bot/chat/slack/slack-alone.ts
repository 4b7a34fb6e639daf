import type { ChatAdapter } from "../../../../bot/chat/adapter.ts";
import { startSlack } from "../../../../bot/chat/slack/slack.ts";
import type { Conversation, Message } from "../../../../bot/invocation/message.ts";
import { systemClock } from "../../../../relay/process/clock.ts";
import { createLogger } from "../../../../relay/process/logger.ts";
import {
  APP_TOKEN,
  BOT_TOKEN,
  type SlackServer,
  startSlackServer,
} from "../../../support/slack/server.ts";
import { waitFor } from "../../../support/wait.ts";

export interface SlackAlone {
  slack: SlackServer;
  adapter: ChatAdapter;
  heard: Message[];
  conversations: Conversation[];
  /** What was logged, one line each. */
  logged: string[];
  connected(count?: number): Promise<unknown>;
  stop(): Promise<void>;
}

type Handle = (message: Message, conversation: Conversation) => Promise<void>;

/** The adapter without a bot behind it: what it hears goes to the test. */
export async function startSlackAlone(
  handle: Handle = async () => {},
  options: { botToken?: string; redeliverAfterMs?: number } = {},
): Promise<SlackAlone> {
  const { redeliverAfterMs, botToken = BOT_TOKEN } = options;
  const slack = await startSlackServer(redeliverAfterMs === undefined ? {} : { redeliverAfterMs });
  const heard: Message[] = [];
  const conversations: Conversation[] = [];
  const logged: string[] = [];
  const adapter = startSlack({
    appToken: APP_TOKEN,
    botToken,
    apiUrl: slack.apiUrl,
    workspaceId: "workspace",
    clock: systemClock,
    log: createLogger({
      level: "debug",
      destination: { write: (line) => void logged.push(line) },
    }),
    prefix: async () => "!",
    readOutput: async () => undefined,
    handle: (message, conversation) => {
      heard.push(message);
      conversations.push(conversation);
      return handle(message, conversation);
    },
  });
  return {
    slack,
    adapter,
    heard,
    conversations,
    logged,
    connected: (count = 1) =>
      waitFor(() => slack.socketMode.accepted() >= count, { what: "a connection" }),
    async stop() {
      await adapter.stop();
      await slack.stop();
    },
  };
}
