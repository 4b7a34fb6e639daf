import type { Clock, Timer } from "../../../relay/process/clock.ts";
import type { Conversation, LiveView } from "../../invocation/message.ts";
import type { Answer } from "../../replies/answer.ts";
import { answerText } from "./answer-text.ts";
import type { Calls, Content, Interaction } from "./calls.ts";
import { type FollowDeps, type Followed, followLive } from "./followed.ts";
import type { Spot } from "./place.ts";

export interface InteractionConversationDeps extends FollowDeps {
  calls: Calls;
  clock: Clock;
}

export interface InteractionAsked extends Interaction {
  channel: string;
  /** Whether every answer is for the caller alone, as to a button. */
  isPrivate: boolean;
}

/** Discord waits three seconds for an answer. */
const DEFER_AFTER_MS = 1_500;
/** For fifteen minutes an answer is changed by the interaction's token. */
const TOKEN_GOOD_FOR_MS = 14 * 60_000;

/**
 * Where whoever used a slash command or a button is answered.
 *
 * ```
 * open ─ an answer ────────────────────────────► answered ─ more ─► followed up
 *   ├─── 1.5 s ────► deferred, for the caller ─ an answer ─► answered
 *   └─── an execution ─► deferred, for all ──── its message ─► answered
 * ```
 */
export class InteractionConversation implements Conversation {
  readonly #deps: InteractionConversationDeps;
  readonly #asked: InteractionAsked;
  readonly #startedMs: number;
  readonly #timer: Timer;
  #state: "open" | "deferred" | "answered" = "open";
  /** Whether only the caller sees what was deferred. */
  #isDeferredAlone = false;
  #last: Promise<void> = Promise.resolve();

  constructor(deps: InteractionConversationDeps, asked: InteractionAsked) {
    this.#deps = deps;
    this.#asked = asked;
    this.#startedMs = deps.clock.monotonicMs();
    this.#timer = deps.clock.after(DEFER_AFTER_MS, () => this.#deferInTime());
  }

  accepted(): void {}

  async tell(answer: Answer): Promise<void> {
    const isPrivate = answer.isPrivate || this.#asked.isPrivate;
    const { contents, file } = answerText(answer);
    for (const [index, content] of contents.entries()) {
      const withFile = index === contents.length - 1 && file ? { file } : {};
      await this.#inTurn(() => this.#say({ content, ...withFile }, isPrivate));
    }
  }

  follow(execution: Followed): LiveView {
    const deferred = this.#inTurn(() => this.#defer(false));
    deferred.catch((error: unknown) => {
      this.#deps.log.warn({ err: error }, "an interaction could not be answered in time");
    });
    const spot = this.#spot();
    return followLive(this.#deps, execution, async () => spot);
  }

  /** Nothing more is said: an interaction that was left open stays without an answer. */
  done(): void {
    this.#timer.cancel();
  }

  #inTurn<T>(act: () => Promise<T>): Promise<T> {
    const acting = this.#last.then(act);
    this.#last = acting.then(
      () => {},
      () => {},
    );
    return acting;
  }

  #deferInTime(): void {
    this.#inTurn(() => this.#defer(true)).catch((error: unknown) => {
      this.#deps.log.warn({ err: error }, "an interaction could not be answered in time");
    });
  }

  async #defer(isEphemeral: boolean): Promise<void> {
    this.#timer.cancel();
    if (this.#state !== "open") return;
    await this.#deps.calls.defer(this.#asked, isEphemeral);
    this.#state = "deferred";
    this.#isDeferredAlone = isEphemeral;
  }

  async #say(content: Content, isPrivate: boolean): Promise<void> {
    this.#timer.cancel();
    const { calls } = this.#deps;
    if (this.#state === "open") await calls.answer(this.#asked, content, isPrivate);
    else if (this.#state === "deferred") await calls.editAnswer(this.#asked, content);
    else await calls.followUp(this.#asked, content, isPrivate);
    this.#state = "answered";
  }

  /** The first message is the answer itself; later ones follow it. */
  #spot(): Spot {
    const { calls } = this.#deps;
    const { channel } = this.#asked;
    return {
      channel,
      post: (content, once) => this.#inTurn(() => this.#post(content, once)),
      edit: async (message, content) => {
        if (this.#isTokenGood()) await calls.editAnswer(this.#asked, content, message);
        else await calls.edit(channel, message, content);
      },
    };
  }

  async #post(content: Content, once: string): Promise<string> {
    const { calls } = this.#deps;
    const isFirst = this.#state !== "answered" && !this.#isDeferredAlone;
    if (this.#state === "deferred" && this.#isDeferredAlone) {
      await calls.editAnswer(this.#asked, { content: "it is shown below" });
    }
    this.#state = "answered";
    if (!this.#isTokenGood()) return calls.create(this.#asked.channel, { ...content, once });
    if (isFirst) return calls.editAnswer(this.#asked, content);
    return calls.followUp(this.#asked, content, false);
  }

  #isTokenGood(): boolean {
    return this.#deps.clock.monotonicMs() - this.#startedMs < TOKEN_GOOD_FOR_MS;
  }
}
