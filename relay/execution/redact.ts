import { type Automaton, buildAutomaton, depthOf, foundAt } from "./redact-automaton.ts";
import { formsOf, SHORTEST_BYTES } from "./redact-forms.ts";

/** What stands in the output instead of a value. */
export const MASK = Buffer.from("•••");

/** Replaces values that must not be printed; one for any number of streams. */
export interface Redaction {
  /** For one stream of bytes; undefined where there is nothing to look for. */
  stream(): RedactedStream | undefined;
}

/** Values shorter than six bytes are passed over; see {@link formsOf} for what is found. */
export function createRedaction(values: readonly string[]): Redaction {
  const forms = formsOf(values);
  if (forms.length === 0) return { stream: () => undefined };
  const automaton = buildAutomaton(forms);
  return { stream: () => new RedactedStream(automaton) };
}

interface Span {
  from: number;
  to: number;
}

/**
 * One stream on its way through a redaction. Places count from the stream's beginning. Values that
 * overlap become one mask; what is said in the end does not depend on how the stream was cut.
 *
 * ```
 * ──────── said, or masked ────────┬──── held: a value may begin here ────┐
 *                             #saidTo                              #readTo
 * ```
 */
export class RedactedStream {
  readonly #automaton: Automaton;
  #state = 0;
  #readTo = 0;
  #saidTo = 0;
  /** The last mask covers everything before this. */
  #maskedTo = 0;
  #held: Buffer = Buffer.alloc(0);
  /** Of what was found, what is not masked yet. */
  #found: Span[] = [];

  constructor(automaton: Automaton) {
    this.#automaton = automaton;
  }

  /** Whether anything is held back. */
  get isHolding(): boolean {
    return this.#held.length > 0;
  }

  /** Returns what can be said now: all but what could still become a value. */
  push(bytes: Uint8Array): Uint8Array {
    this.#scan(bytes);
    this.#held = this.#held.length === 0 ? viewOf(bytes) : Buffer.concat([this.#held, bytes]);
    return this.#sayUpTo(this.#readTo - depthOf(this.#automaton, this.#state));
  }

  /**
   * Nothing has come for a while: what is held back is said after all, as a prompt may end with it,
   * unless it is as much of a value as would be worth hiding. Should the rest of a value come
   * later, that is masked.
   */
  pause(): Uint8Array {
    const isWorthHiding = depthOf(this.#automaton, this.#state) >= SHORTEST_BYTES;
    return isWorthHiding ? new Uint8Array() : this.#sayUpTo(this.#readTo);
  }

  /** Nothing more will come. */
  end(): Uint8Array {
    return this.#sayUpTo(this.#readTo);
  }

  /** Each byte is looked at twice at most, whatever they are. */
  #scan(bytes: Uint8Array): void {
    const { table, classOf, windowBytes, skip } = this.#automaton;
    const toLast = windowBytes - 1;
    let state = this.#state;
    let at = 0;
    // Any byte and state has its entry; the compiler cannot know.
    while (at < bytes.length) {
      if (state === 0 && at + toLast < bytes.length) {
        const by = skip[((bytes[at + toLast - 1] ?? 0) << 8) | (bytes[at + toLast] ?? 0)] ?? 0;
        at += by;
        if (by > 0) continue;
      }
      state = table[state + (classOf[bytes[at++] ?? 0] ?? 0)] ?? 0;
      if (state >= 0) continue;
      state = -state;
      this.#note(this.#readTo + at, foundAt(this.#automaton, state));
    }
    this.#state = state;
    this.#readTo += bytes.length;
  }

  /** A value of this length ends here. */
  #note(to: number, length: number): void {
    let from = to - length;
    for (let last = this.#found.at(-1); last && last.to > from; last = this.#found.at(-1)) {
      from = Math.min(from, last.from);
      this.#found.pop();
    }
    this.#found.push({ from, to });
  }

  /** Nothing that may yet be found begins before `safe`. */
  #sayUpTo(safe: number): Uint8Array {
    const pieces: Uint8Array[] = [];
    let masked = 0;
    for (const span of this.#found) {
      if (span.from > safe) break;
      pieces.push(...this.#textTo(span.from), ...this.#mask(span));
      masked++;
    }
    this.#found.splice(0, masked);
    pieces.push(...this.#textTo(safe));
    return pieces.length === 1 && pieces[0] ? pieces[0] : Buffer.concat(pieces);
  }

  #textTo(place: number): Uint8Array[] {
    if (place <= this.#saidTo) return [];
    return [this.#letGo(place)];
  }

  #mask({ from, to }: Span): Uint8Array[] {
    const goesOn = from < this.#maskedTo && this.#saidTo === this.#maskedTo;
    this.#letGo(to);
    this.#maskedTo = to;
    return goesOn ? [] : [MASK];
  }

  #letGo(place: number): Uint8Array {
    const bytes = this.#held.subarray(0, place - this.#saidTo);
    this.#held = this.#held.subarray(place - this.#saidTo);
    this.#saidTo = place;
    return bytes;
  }
}

function viewOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
