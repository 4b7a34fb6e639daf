import { createHash } from "node:crypto";
import { frameEnd } from "./frames.ts";

/** Where every chain begins. */
const BEGINNING = new Uint8Array(32);

/**
 * The digest of an attempt's whole output, which its result names: a chain over the frames,
 * `H = SHA-256(H before ‖ frame)`, from 32 zero bytes on. Between any two frames the chain stands
 * for all that came before, so that whoever keeps it needs none of those bytes to go on.
 */
export class OutputDigest {
  #chain: Uint8Array;

  constructor(chain: Uint8Array = BEGINNING) {
    this.#chain = chain;
  }

  /** Takes whole frames. */
  update(frames: Uint8Array): void {
    let at = 0;
    while (at < frames.length) {
      const end = frameEnd(frames, at);
      const frame = frames.subarray(at, end);
      this.#chain = createHash("sha256").update(this.#chain).update(frame).digest();
      at = end;
    }
  }

  /** To go on from here: `new OutputDigest(chain)`. */
  chain(): Uint8Array {
    return this.#chain;
  }

  /** Of everything so far, base64url. */
  value(): string {
    return Buffer.from(this.#chain).toString("base64url");
  }
}

export function outputDigestOf(frames: Uint8Array): string {
  const digest = new OutputDigest();
  digest.update(frames);
  return digest.value();
}
