import { uuidv7 } from "../../../relay/wire/ids.ts";
import type { ExecutionEnd } from "../../dispatch/live.ts";
import { answerToFault } from "../../invocation/handle.ts";
import type { Conversation, LiveView, Message } from "../../invocation/message.ts";
import { type Answer, refuse } from "../../replies/answer.ts";
import { printAnswer } from "../../replies/plain-text.ts";
import { wordsForEnd } from "../../replies/words.ts";
import type { ConsoleDeps } from "./deps.ts";
import { wordsForDuration } from "./duration.ts";
import type { Screen } from "./screen.ts";

type TurnDeps = Pick<ConsoleDeps, "handle" | "cancel" | "workspaceId" | "user">;

interface Followed {
  executionId: string;
  command: string;
}

/**
 * One line that was typed, until it has been answered.
 *
 * ```
 * answering ─ interrupt ─► cancelling ─ interrupt ─► abandoned: only its end is still told
 *     ▲                        │
 *     └── the cancel failed ───┘
 * ```
 */
export class Turn implements Conversation {
  /** Resolves when everything about it has been shown, or nobody waits for that any more. */
  readonly answered: Promise<void>;
  readonly #deps: TurnDeps;
  readonly #screen: Screen;
  readonly #running = new Set<Followed>();
  #state: "answering" | "cancelling" | "abandoned" = "answering";
  #abandon: () => void = () => {};

  constructor(deps: TurnDeps, screen: Screen, text: string) {
    this.#deps = deps;
    this.#screen = screen;
    const abandoned = new Promise<void>((resolve) => {
      this.#abandon = resolve;
    });
    this.answered = Promise.race([this.#answer(messageOf(deps, text)), abandoned]);
  }

  async #answer(message: Message): Promise<void> {
    try {
      await this.#deps.handle(message, this);
    } catch (error) {
      this.#show(answerToFault(error));
    }
    await this.#screen.flush();
  }

  /** The first time: cancels what runs. The second time: stops waiting for it. */
  interrupt(): void {
    if (this.#state === "abandoned") return;
    const names = [...this.#running].map(({ command }) => command).join(", ");
    if (this.#state === "answering") {
      this.#state = "cancelling";
      const what = names === "" ? "what starts now will be cancelled" : `cancelling ${names} …`;
      this.#screen.say(`${what} (Ctrl-C again: do not wait for it)`, "note");
      for (const followed of this.#running) void this.#cancel(followed);
    } else {
      this.#state = "abandoned";
      const rest = names === "" ? "" : `; the relay will still confirm the end of ${names}`;
      this.#screen.say(`not waiting for the answer any longer${rest}`, "note");
      this.#abandon();
    }
  }

  async #cancel({ executionId, command }: Followed): Promise<void> {
    try {
      await this.#deps.cancel(executionId);
    } catch (error) {
      if (this.#state === "cancelling") this.#state = "answering";
      this.#show(refuse(`${command} was not cancelled: ${printAnswer(answerToFault(error))}`));
    }
  }

  accepted(): void {}

  async tell(answer: Answer): Promise<void> {
    this.#show(answer);
    await this.#screen.flush();
  }

  #show(answer: Answer): void {
    this.#screen.say(printAnswer(answer), answer.tone === "ok" ? "plain" : "problem");
  }

  follow(followed: Followed): LiveView {
    this.#running.add(followed);
    // Whoever is interrupted before anything runs wants nothing to run.
    if (this.#state !== "answering") void this.#cancel(followed);
    const output = this.#screen.commandOutput();
    let waitsFor: string | undefined;
    return {
      state: (state, detail) => {
        if (state === "waiting" && detail !== waitsFor) {
          this.#note(`waiting for a relay: ${detail}`);
        }
        if (state === "started" && waitsFor !== undefined) this.#note(`running on ${detail}`);
        if (state === "waiting") waitsFor = detail;
        if (state === "started") waitsFor = undefined;
      },
      output: (stream, bytes) => {
        if (this.#state !== "abandoned") output.write(stream, bytes);
      },
      ended: (end) => {
        this.#running.delete(followed);
        if (this.#state !== "abandoned") output.end();
        return this.#tellEnd(followed.command, end);
      },
    };
  }

  #note(text: string): void {
    if (this.#state !== "abandoned") this.#screen.say(text, "note");
  }

  async #tellEnd(command: string, end: ExecutionEnd): Promise<void> {
    const words = wordsForEnd(end);
    const took = wordsForDuration(end.durationMs);
    if (this.#state === "abandoned") {
      this.#screen.say(`${command}: ${words ?? "succeeded"}${took}`, "note");
    } else if (words !== undefined) {
      this.#screen.say(`${words}${took}`, "problem");
    }
    await this.#screen.flush();
  }
}

function messageOf({ workspaceId, user }: TurnDeps, text: string): Message {
  const place = { adapter: "console", installation: "local" };
  return {
    ...place,
    workspaceId,
    channel: "console",
    messageId: uuidv7(),
    text,
    saidAt: new Date(),
    caller: { ...place, providerUser: user },
    isDirect: true,
    mentions: [],
  };
}
