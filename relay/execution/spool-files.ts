import type { Disk } from "../process/disk.ts";
import { wholeFrames } from "../wire/frames.ts";
import { OutputDigest } from "../wire/output-digest.ts";
import { findOutput } from "./spool-recover.ts";
import { createSegment, type Segment } from "./spool-segment.ts";
import type { SpoolShare, SpoolSpace } from "./spool-space.ts";

/**
 * The files of one spool: written at the end, removed from the beginning once a bot has confirmed
 * what is in them. Each but the first begins with the place and the digest that it goes on from,
 * so that the digest of the whole can be told although earlier files are gone.
 */
export class SpoolFiles {
  /** Of all output ever written, with what is gone again. */
  length = 0;
  readonly share: SpoolShare;

  readonly #disk: Disk;
  readonly #path: string;
  readonly #segmentBytes: number;
  #segments: Segment[] = [];
  #digest = new OutputDigest();
  #confirmed = 0;
  /** One thing at a time is done to the files. */
  #busy: Promise<unknown> = Promise.resolve();

  constructor(disk: Disk, path: string, space: SpoolSpace) {
    this.#disk = disk;
    this.#path = path;
    this.#segmentBytes = space.segmentBytes;
    this.share = space.join(() => this.#freeConfirmed());
  }

  get start(): number {
    return this.#segments[0]?.place.start ?? 0;
  }

  digest(): string {
    return this.#digest.value();
  }

  /** Takes whole frames, for which there must be room. */
  write(frames: Uint8Array): Promise<void> {
    return this.#alone(async () => {
      try {
        await (await this.#segmentToWrite()).write(frames);
      } catch (error) {
        this.share.give(frames.length);
        throw plainly(error);
      }
      this.#digest.update(frames);
      this.length += frames.length;
    });
  }

  async read(offset: number, maxBytes: number): Promise<Uint8Array> {
    const segment = this.#segments.findLast(({ place }) => place.start <= offset);
    if (!segment) return new Uint8Array();
    const bytes = await segment.read(offset, Math.min(maxBytes, segment.end - offset));
    return bytes.subarray(0, wholeFrames(bytes, maxBytes));
  }

  /** A bot has committed everything before `offset`. */
  confirm(offset: number): void {
    this.#confirmed = Math.max(this.#confirmed, offset);
    this.#freeConfirmed();
  }

  sync(): Promise<void> {
    return this.#alone(async () => {
      for (const segment of this.#segments) await segment.sync();
    });
  }

  close(): Promise<void> {
    return this.#alone(async () => {
      for (const segment of this.#segments) await segment.seal();
    });
  }

  remove(): Promise<void> {
    return this.#alone(async () => {
      for (const segment of this.#segments.splice(0)) await segment.remove();
      this.share.leave();
    });
  }

  async recover(numbers: readonly number[]): Promise<void> {
    const { segments, length, digest } = await findOutput(this.#disk, this.#path, numbers);
    this.#segments = segments;
    this.#digest = digest;
    this.length = length;
    this.share.hold(length - this.start);
  }

  async #segmentToWrite(): Promise<Segment> {
    const newest = this.#segments.at(-1);
    return newest && newest.length < this.#segmentBytes ? newest : this.#beginSegment();
  }

  async #beginSegment(): Promise<Segment> {
    const newest = this.#segments.at(-1);
    const chain = this.#digest.chain();
    const place = newest && { number: newest.place.number + 1, start: this.length, chain };
    const segment = await createSegment(this.#disk, this.#path, place);
    this.#segments.push(segment);
    await newest?.seal();
    return segment;
  }

  #freeConfirmed(): void {
    if (!this.#mayFree()) return;
    this.#alone(() => this.#free()).catch((error) => this.share.refuse(plainly(error)));
  }

  /** The newest goes only where somebody needs the room: it costs a file more. */
  #mayFree(): boolean {
    const [oldest] = this.#segments;
    if (!oldest || oldest.length === 0 || oldest.end > this.#confirmed) return false;
    return this.#segments.length > 1 || this.share.isShort;
  }

  /** Place and digest of what stays are on the disk for good before anything goes. */
  async #free(): Promise<void> {
    while (this.#mayFree()) {
      const next = this.#segments[1] ?? (await this.#beginSegment());
      await next.sync();
      const gone = this.#segments.shift();
      await gone?.remove();
      this.share.give(gone?.length ?? 0);
    }
  }

  #alone<T>(act: () => Promise<T>): Promise<T> {
    const done = this.#busy.then(act);
    this.#busy = done.catch(() => {});
    return done;
  }
}

function plainly(error: unknown): Error {
  const cause = error instanceof Error ? error : new Error(String(error));
  const isFull = "code" in cause && (cause.code === "ENOSPC" || cause.code === "EDQUOT");
  if (!isFull) return cause;
  const line = "its disk is full; free some space there. What was printed until then is kept";
  return new Error(line, { cause });
}
