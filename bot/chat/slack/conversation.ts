import type { Logger } from "pino";
import type { Clock } from "../../../relay/process/clock.ts";
import type { ExecutionEnd } from "../../dispatch/live.ts";
import type { Accepted, Conversation, LiveView } from "../../invocation/message.ts";
import type { Answer } from "../../replies/answer.ts";
import { LiveMessage } from "../live/live-message.ts";
import { answerContents } from "./blocks.ts";
import type { SlackCalls } from "./calls.ts";
import type { Said } from "./incoming.ts";
import { slackPlace } from "./place.ts";
import { post } from "./posts.ts";
import { createReaction, type Mark, type Reaction } from "./reactions.ts";

export interface ConversationDeps {
  calls: SlackCalls;
  clock: Clock;
  log: Logger;
  readOutput(executionId: string): Promise<Uint8Array | undefined>;
}

const TAIL = { characters: 2_400, lines: 40 };
const QUIET_MS = 400;
const EDIT_EVERY_MS = 1_000;
const RESPOND_WITHIN_MS = 10_000;

/** Where one caller is answered: in a thread below what they said, or to their eyes alone. */
export class SlackConversation implements Conversation {
  readonly #deps: ConversationDeps;
  readonly #said: Said;
  readonly #onRecorded: () => void;
  readonly #reaction: Reaction | undefined;

  constructor(deps: ConversationDeps, said: Said, onRecorded: () => void) {
    this.#deps = deps;
    this.#said = said;
    this.#onRecorded = onRecorded;
    const { channel, message } = said;
    if (message) this.#reaction = createReaction(deps, { channel, timestamp: message });
  }

  accepted({ executionId }: Accepted): void {
    this.#onRecorded();
    if (executionId !== undefined) this.#reaction?.set("seen");
  }

  async tell(answer: Answer): Promise<void> {
    const { isDirect, message, responseUrl } = this.#said;
    const isAlone = isDirect && message !== undefined;
    for (const content of answerContents(answer)) {
      if (!answer.isPrivate || isAlone) await this.#post(content);
      else if (responseUrl !== undefined) await respond(responseUrl, content);
      else await this.#whisper(content);
    }
  }

  follow(execution: { executionId: string; command: string }): LiveView {
    const { calls, clock, log, readOutput } = this.#deps;
    const place = slackPlace(calls, this.#said);
    const limits = { tail: TAIL, quietMs: QUIET_MS, editEveryMs: EDIT_EVERY_MS };
    const live = new LiveMessage({ place, clock, log, readOutput, ...limits }, execution);
    return {
      state: (state, detail) => {
        if (state === "started") this.#reaction?.set("running");
        live.state(state, detail);
      },
      output: (stream, bytes) => live.output(stream, bytes),
      ended: (end) => {
        this.#reaction?.set(markOf(end));
        return live.ended(end);
      },
    };
  }

  async #post(content: ReturnType<typeof answerContents>[number]): Promise<void> {
    await post(this.#deps.calls, this.#said, () => content, { urgency: "now" });
  }

  /** Slack shows such a message in a thread only where there already is one. */
  async #whisper(content: ReturnType<typeof answerContents>[number]): Promise<void> {
    const { channel, user, thread, isInThread } = this.#said;
    const args = { channel, user, ...(isInThread && { thread_ts: thread }), ...content };
    await this.#deps.calls.call("chat.postEphemeral", args, { urgency: "now" });
  }
}

/** To whoever used a command or a button, also where the bot is no member. */
async function respond(responseUrl: string, content: object): Promise<void> {
  const answer = await fetch(responseUrl, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ ...content, response_type: "ephemeral", replace_original: false }),
    signal: AbortSignal.timeout(RESPOND_WITHIN_MS),
  });
  if (!answer.ok) throw new Error(`Slack took no answer to a command or button: ${answer.status}`);
}

function markOf({ state }: ExecutionEnd): Mark {
  return state === "succeeded" ? "done" : "failed";
}
