import { webApi } from "@slack/bolt";
import { atMost } from "../../../relay/process/at-most.ts";
import type { Message } from "../../invocation/message.ts";
import type { ChatAdapter, ProviderDeps } from "../adapter.ts";
import { createPace } from "../live/pace.ts";
import { AcknowledgingApp } from "./app.ts";
import { createCalls, type SlackCalls } from "./calls.ts";
import { createConnections } from "./connections.ts";
import { SlackConversation } from "./conversation.ts";
import {
  type Installation,
  type Said,
  saidByPress,
  saidInCommand,
  saidInMessage,
} from "./incoming.ts";
import { askInstallation } from "./installation.ts";
import { limitOf } from "./limits.ts";
import { boltLogger } from "./logger.ts";
import { createOnce } from "./once.ts";

export interface SlackDeps extends ProviderDeps {
  appToken: string;
  botToken: string;
  /** Another address of Slack's Web API. */
  apiUrl: string | undefined;
}

const CALL_WITHIN_MS = 30_000;
const SETTLE_WITHIN_MS = 3_000;

/** The bot in one Slack team, by Socket Mode. Connects in the background, and again when cut off. */
export function startSlack(deps: SlackDeps): ChatAdapter {
  const { clock, log } = deps;
  const logger = boltLogger(log);
  const apiUrl = deps.apiUrl === undefined ? {} : { slackApiUrl: deps.apiUrl };
  const clientOptions = {
    ...apiUrl,
    logger,
    timeout: CALL_WITHIN_MS,
    // Repeating, and waiting out a limit, is done for each call by itself.
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
  };
  const client = new webApi.WebClient(deps.botToken, clientOptions);
  const calls = createCalls({ client, clock, pace: createPace({ clock, limitOf }) });
  const stopping = new AbortController();
  const connections = createConnections({
    appToken: deps.appToken,
    clientOptions: { ...apiUrl, timeout: CALL_WITHIN_MS },
    clock,
    boltLogger: logger,
    log,
  });
  let app: AcknowledgingApp | undefined;

  async function connect(): Promise<void> {
    const bot = await askInstallation({ client, clock, log }, stopping.signal);
    if (!bot) return;
    log.info({ team: bot.teamId, user: bot.name }, "Slack knows the bot");
    app = new AcknowledgingApp(
      { receiver: connections, logger, clientOptions },
      { ...bot, botToken: deps.botToken },
      { ...listenersFor(deps, calls, bot), isStopping: () => stopping.signal.aborted },
    );
    app.error(async (error) => log.error({ err: error }, "an event of Slack's met a fault"));
    await app.start();
  }

  const connected = connect().catch((error: unknown) => {
    log.error({ err: error }, "Slack could not be started");
  });
  return {
    async stop() {
      stopping.abort();
      await connected;
      // What is being recorded is acknowledged while there is a connection.
      if (app) await atMost(SETTLE_WITHIN_MS, [app.allAcknowledged()], clock);
      await connections.stop();
    },
  };
}

function listenersFor(deps: SlackDeps, calls: SlackCalls, bot: Installation) {
  const once = createOnce();

  /** Resolves when it is recorded or refused, not when it is answered. */
  async function take(said: Said | undefined): Promise<void> {
    if (!said) return;
    await once(`${said.channel} ${said.key}`, () => recorded(deps, calls, bot, said));
  }

  return {
    message: (body: unknown) => take(saidInMessage(body, bot)),
    command: (body: unknown) => take(saidInCommand(body, bot, new Date(deps.clock.wallMs()))),
    press: async (body: unknown) => take(saidByPress(body, bot, await deps.prefix())),
  };
}

function recorded(
  deps: SlackDeps,
  calls: SlackCalls,
  bot: Installation,
  said: Said,
): Promise<void> {
  return new Promise((resolve) => {
    const conversation = new SlackConversation({ ...deps, calls }, said, resolve);
    deps
      .handle(messageOf(deps, bot, said), conversation)
      .catch((error: unknown) => deps.log.error({ err: error }, "a message of Slack's met a fault"))
      .finally(resolve);
  });
}

function messageOf({ workspaceId }: SlackDeps, bot: Installation, said: Said): Message {
  const place = { adapter: "slack", installation: bot.teamId };
  const { key, user, channel, text, saidAt, isDirect, mentions } = said;
  return {
    ...place,
    workspaceId,
    channel,
    messageId: key,
    text,
    saidAt,
    caller: { ...place, providerUser: user },
    isDirect,
    mentions,
  };
}
