import { App, type AppOptions } from "@slack/bolt";
import type { Installation } from "./incoming.ts";

type Incoming = Parameters<App["processEvent"]>[0];

/** What the adapter makes of what Slack sends; each resolves when it is recorded or refused. */
export interface Listeners {
  message(body: unknown): Promise<void>;
  command(body: unknown): Promise<void>;
  press(body: unknown): Promise<void>;
  /** Nothing is taken any more: unacknowledged, it is sent to another bot, or again. */
  isStopping(): boolean;
}

/** The manifest's; a workspace may give it another name. */
const ANY_COMMAND = /^\/./;
const ANY_ACTION = /./;

/**
 * Bolt acknowledges an event before anybody has looked at it. Here it is acknowledged afterwards,
 * so that what a bot takes to its grave is sent again.
 */
export class AcknowledgingApp extends App {
  readonly #listeners: Listeners;
  readonly #inHand = new Set<Promise<void>>();

  constructor(options: AppOptions, bot: Installation & { botToken: string }, listeners: Listeners) {
    const { botToken, userId: botUserId, botId, teamId } = bot;
    super({
      ...options,
      authorize: async () => ({ botToken, botUserId, botId, teamId }),
      // Which bots are heard is decided where messages are read, for all of them.
      ignoreSelf: false,
      convoStore: false,
    });
    this.#listeners = listeners;
    this.event("message", ({ body }) => listeners.message(body));
    this.event("app_mention", ({ body }) => listeners.message(body));
    this.command(ANY_COMMAND, async ({ body, ack }) => {
      await listeners.command(body);
      await ack();
    });
    this.action(ANY_ACTION, async ({ body, ack }) => {
      await listeners.press(body);
      await ack();
    });
  }

  override async processEvent(incoming: Incoming): Promise<void> {
    if (this.#listeners.isStopping()) return;
    const taking = this.#take(incoming);
    this.#inHand.add(taking);
    await taking.finally(() => this.#inHand.delete(taking));
  }

  /** Resolves when what has come in by now is acknowledged. */
  async allAcknowledged(): Promise<void> {
    await Promise.allSettled(this.#inHand);
  }

  async #take(incoming: Incoming): Promise<void> {
    const isEvent = incoming.body.event !== undefined;
    if (!isEvent) return super.processEvent(incoming);
    await super.processEvent({ ...incoming, ack: async () => {} });
    await incoming.ack();
  }
}
