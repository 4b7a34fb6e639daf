import type { Logger } from "pino";
import type { Clock } from "../../../relay/process/clock.ts";
import type { OutputStream } from "../../../relay/wire/frames.ts";
import type { ExecutionEnd } from "../../dispatch/live.ts";
import type { LiveView } from "../../invocation/message.ts";
import { contentOf, type LiveContent, type LiveFacts } from "./content.ts";
import type { LivePlace, Turn } from "./place.ts";
import { createTail, type Tail, type TailLimits } from "./tail.ts";

export interface LiveMessageDeps {
  place: LivePlace;
  clock: Pick<Clock, "monotonicMs" | "sleep">;
  log: Logger;
  tail: TailLimits;
  /** Nothing is posted for so long, unless there is output or an end to show. */
  quietMs: number;
  /** Between two edits of one message. */
  editEveryMs: number;
  /** Undefined when nothing is stored, or not all of it. */
  readOutput(executionId: string): Promise<Uint8Array | undefined>;
}

/**
 * One message that shows one execution: posted with the first line of output, edited as more
 * comes, and once more at the end. One call is under way at a time; what changes meanwhile is in
 * the next.
 *
 * ```
 * quiet ─ output, end, or quietMs ─► posting ─► shown ─ changed ─► editing ─► shown … ─ end ─► done
 * ```
 */
export class LiveMessage implements LiveView {
  readonly #deps: LiveMessageDeps;
  readonly #facts: Omit<LiveFacts, "tail" | "isCut" | "runsForMs">;
  #tail: Tail;
  #startedAtMs: number | undefined;
  #messageId: string | undefined;
  #version = 1;
  #shown = 0;
  readonly #noticed = Promise.withResolvers<void>();
  readonly #hasEnded = new AbortController();
  readonly #showing: Promise<void>;
  #wake: () => void = () => {};

  constructor(deps: LiveMessageDeps, execution: { executionId: string; command: string }) {
    this.#deps = deps;
    this.#tail = createTail(deps.tail);
    this.#facts = {
      ...execution,
      state: "waiting",
      detail: "",
      relay: undefined,
      end: undefined,
    };
    this.#showing = this.#showUntilEnd();
  }

  state(state: "waiting" | "offered" | "started", detail: string): void {
    Object.assign(this.#facts, { state, detail, relay: state === "waiting" ? undefined : detail });
    if (state === "started") {
      // Another attempt prints from the beginning.
      if (this.#startedAtMs !== undefined) this.#tail = createTail(this.#deps.tail);
      this.#startedAtMs = this.#deps.clock.monotonicMs();
    }
    this.#change();
  }

  output(stream: OutputStream, bytes: Uint8Array): void {
    this.#tail.write(stream, bytes);
    this.#noticed.resolve();
    this.#change();
  }

  /** Resolves when the last of it can be read. Never rejects: a chat that fails ends nothing. */
  async ended(end: ExecutionEnd): Promise<void> {
    this.#tail.end();
    this.#facts.end = end;
    this.#noticed.resolve();
    this.#hasEnded.abort();
    this.#change();
    await this.#showing;
    await this.#showEnd();
    if (this.#tail.isCut()) await this.#attach();
  }

  #change(): void {
    this.#version++;
    this.#wake();
  }

  async #showUntilEnd(): Promise<void> {
    const { clock, quietMs, editEveryMs } = this.#deps;
    const { signal } = this.#hasEnded;
    await Promise.race([this.#noticed.promise, clock.sleep(quietMs, signal)]);
    while (!signal.aborted) {
      const urgency = this.#messageId === undefined ? "now" : "spare";
      const isShown = await this.#tryToShow({ urgency, signal });
      if (!isShown) return;
      if (!signal.aborted) await clock.sleep(editEveryMs, signal);
      if (!signal.aborted && this.#shown === this.#version) await this.#nextChange();
    }
  }

  /** Where even one fails for good, only the end is tried again. */
  async #tryToShow(turn: Turn): Promise<boolean> {
    try {
      await this.#show(turn);
      return true;
    } catch (error) {
      this.#tellFault(error);
      return false;
    }
  }

  #nextChange(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  async #show(turn: Turn): Promise<void> {
    const content = () => this.#content();
    const { place } = this.#deps;
    if (this.#messageId === undefined) this.#messageId = await place.post(content, turn);
    else await place.edit(this.#messageId, content, turn);
  }

  /** Where the message cannot be edited (somebody has deleted it), the end is posted anew. */
  async #showEnd(): Promise<void> {
    const turn: Turn = { urgency: "soon" };
    if (this.#messageId !== undefined && this.#shown === this.#version) return;
    if ((await this.#tryToShow(turn)) || this.#messageId === undefined) return;
    this.#messageId = undefined;
    await this.#tryToShow(turn);
  }

  #content(): LiveContent {
    this.#shown = this.#version;
    const { clock } = this.#deps;
    const startedAtMs = this.#startedAtMs;
    return contentOf({
      ...this.#facts,
      runsForMs: startedAtMs === undefined ? undefined : clock.monotonicMs() - startedAtMs,
      tail: this.#tail.text(),
      isCut: this.#tail.isCut(),
    });
  }

  async #attach(): Promise<void> {
    const { executionId, command } = this.#facts;
    const { place, readOutput } = this.#deps;
    try {
      const bytes = await readOutput(executionId);
      if (bytes === undefined) throw new Error("the whole output is not stored yet");
      const name = `${command.replace(":", "-")}-${executionId.slice(-12)}.txt`;
      await place.attach({ name, bytes });
    } catch (error) {
      this.#tellFault(error);
    }
  }

  #tellFault(error: unknown): void {
    if (this.#hasEnded.signal.aborted && error === this.#hasEnded.signal.reason) return;
    const { executionId } = this.#facts;
    this.#deps.log.warn({ err: error, executionId }, "an execution could not be shown in its chat");
  }
}
