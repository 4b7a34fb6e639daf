import type { Accepted, Conversation, LiveView } from "../../invocation/message.ts";
import { type Answer, refuse } from "../../replies/answer.ts";
import { answerText } from "./answer-text.ts";
import { type Calls, CODES, codeOf } from "./calls.ts";
import type { MessageEvent } from "./events.ts";
import { type FollowDeps, type Followed, followLive } from "./followed.ts";
import type { Spot } from "./place.ts";
import { createReaction, type Reaction } from "./reactions.ts";

export interface MessageConversationDeps extends FollowDeps {
  calls: Calls;
  /** Whether an execution is shown in a thread of the message that asked for it. */
  usesThreads: boolean;
}

const LONGEST_THREAD_NAME = 100;
const CLOSED = refuse(
  "the answer is for you alone, and Discord lets me send you none: allow direct messages from members of this server, or use the slash command",
);

/** Where whoever typed a message is answered: below it, in a thread of it, or alone. */
export class MessageConversation implements Conversation {
  readonly #deps: MessageConversationDeps;
  readonly #said: MessageEvent;
  readonly #isInThread: boolean;
  readonly #reaction: Reaction;
  #told = 0;

  constructor(deps: MessageConversationDeps, said: MessageEvent, isInThread: boolean) {
    this.#deps = deps;
    this.#said = said;
    this.#isInThread = isInThread;
    this.#reaction = createReaction(deps, { channel: said.channel_id, message: said.id });
  }

  accepted({ executionId }: Accepted): void {
    if (executionId !== undefined) this.#reaction.set("seen");
  }

  async tell(answer: Answer): Promise<void> {
    const isInGuild = this.#said.guild_id !== undefined;
    if (answer.tone === "problem" && isInGuild) this.#reaction.set("failed");
    if (answer.isPrivate && isInGuild) await this.#tellAlone(answer);
    else await this.#tellIn(this.#said.channel_id, answer, this.#said.id);
  }

  follow(execution: Followed): LiveView {
    let spot: Promise<Spot> | undefined;
    const whereTo = () => {
      spot ??= this.#openSpot(execution.command);
      return spot;
    };
    return followLive(this.#deps, execution, whereTo, this.#reaction);
  }

  /** Directly; where Discord does not let the bot, the channel learns that there is an answer. */
  async #tellAlone(answer: Answer): Promise<void> {
    const { calls } = this.#deps;
    try {
      const channel = await calls.openDirect(this.#said.author.id);
      await this.#tellIn(channel, answer);
    } catch (error) {
      if (codeOf(error) !== CODES.cannotMessageUser) throw error;
      await this.#tellIn(this.#said.channel_id, CLOSED, this.#said.id);
    }
  }

  async #tellIn(channel: string, answer: Answer, replyTo?: string): Promise<void> {
    const { contents, file } = answerText(answer);
    for (const [index, content] of contents.entries()) {
      await this.#deps.calls.create(channel, {
        content,
        once: `${this.#said.id} told ${this.#told++}`,
        ...(index === 0 && replyTo !== undefined && { replyTo }),
        ...(index === contents.length - 1 && file && { file }),
      });
    }
  }

  async #openSpot(command: string): Promise<Spot> {
    const { calls } = this.#deps;
    const thread = await this.#startThread(command);
    const channel = thread ?? this.#said.channel_id;
    const replyTo = thread === undefined ? { replyTo: this.#said.id } : {};
    return {
      channel,
      post: (content, once) => calls.create(channel, { ...content, once, ...replyTo }),
      edit: (message, content) => calls.edit(channel, message, content),
    };
  }

  /** Undefined where there is to be none, or the bot may not start one. */
  async #startThread(command: string): Promise<string | undefined> {
    const { calls, usesThreads, log } = this.#deps;
    const { channel_id: channel, id, guild_id: guildId } = this.#said;
    if (!usesThreads || this.#isInThread || guildId === undefined) return undefined;
    try {
      return await calls.startThread(channel, id, command.slice(0, LONGEST_THREAD_NAME));
    } catch (error) {
      log.info({ err: error, channel }, "no thread could be started: the answer is a reply");
      return undefined;
    }
  }
}
