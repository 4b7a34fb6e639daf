import { createHash, type Hash } from "node:crypto";
import type { Disk, DiskFile } from "../process/disk.ts";
import { encodeFrames, type OutputStream, wholeFrames } from "../wire/frames.ts";

/** The output of one attempt as others read it. */
export interface SpoolReader {
  readonly length: number;
  /** Nothing more will come. */
  readonly isEnded: boolean;
  /** Whole frames from `offset` on, `maxBytes` at most unless the first one alone is longer. */
  read(offset: number, maxBytes: number): Promise<Uint8Array>;
  /** Calls back at each change; one listener. */
  onChange(listener: () => void): void;
}

/**
 * The output of one attempt on its way to the bots: a file of frames, written before anything is
 * sent. The file is made by the first output, so that a silent command costs none.
 */
export class Spool implements SpoolReader {
  length = 0;
  isEnded = false;
  isCut = false;

  readonly #disk: Disk;
  readonly #path: string;
  readonly #limitBytes: number;
  readonly #hash: Hash = createHash("sha256");
  #file: DiskFile | undefined;
  #taken = 0;
  #last: Promise<void> = Promise.resolve();
  #listener: () => void = () => {};

  constructor(disk: Disk, path: string, limitBytes: number) {
    this.#disk = disk;
    this.#path = path;
    this.#limitBytes = limitBytes;
  }

  /**
   * Resolves when the bytes are written. What exceeds the limit is replaced by one visible mark
   * and thrown away from then on: the command goes on, and is drained.
   */
  append(stream: OutputStream, bytes: Uint8Array): Promise<void> {
    if (this.isCut) return Promise.resolve();
    const room = this.#limitBytes - this.#taken;
    this.#taken += bytes.length;
    if (bytes.length <= room) return this.#write(encodeFrames(stream, bytes));
    this.isCut = true;
    const kept = encodeFrames(stream, bytes.subarray(0, room));
    const mark = encodeFrames("stderr", Buffer.from(cutMark(this.#limitBytes)));
    return this.#write(Buffer.concat([kept, mark]));
  }

  async read(offset: number, maxBytes: number): Promise<Uint8Array> {
    if (!this.#file) return new Uint8Array();
    const bytes = await this.#file.read(offset, Math.min(maxBytes, this.length - offset));
    return bytes.subarray(0, wholeFrames(bytes, maxBytes));
  }

  onChange(listener: () => void): void {
    this.#listener = listener;
  }

  /** Says that nothing more will come. */
  end(): void {
    this.isEnded = true;
    this.#listener();
  }

  /** SHA-256 of everything written so far, base64url. */
  digest(): string {
    return this.#hash.copy().digest("base64url");
  }

  /** Resolves when everything written so far survives a power cut. */
  async sync(): Promise<void> {
    await this.#last;
    await this.#file?.sync();
  }

  async close(): Promise<void> {
    await this.#last.catch(() => {});
    await this.#file?.close();
    this.#file = undefined;
  }

  async remove(): Promise<void> {
    const isThere = this.#file !== undefined;
    await this.close();
    if (isThere) await this.#disk.remove(this.#path);
  }

  /** Takes up what an earlier life of the relay has written; half a frame at the end is dropped. */
  async recover(): Promise<void> {
    const file = await this.#disk.openExisting(this.#path);
    if (!file) return;
    this.#file = file;
    for (;;) {
      const bytes = await file.read(this.length, RECOVER_BYTES);
      const whole = wholeFrames(bytes, RECOVER_BYTES);
      if (whole === 0) break;
      this.#hash.update(bytes.subarray(0, whole));
      this.length += whole;
    }
    await file.truncate(this.length);
  }

  #write(frames: Uint8Array): Promise<void> {
    const written = this.#last.then(() => this.#writeNow(frames));
    this.#last = written;
    // Whoever appends next hears of a failure too; nobody else needs to.
    written.catch(() => {});
    return written;
  }

  async #writeNow(frames: Uint8Array): Promise<void> {
    this.#file ??= await this.#disk.create(this.#path);
    await this.#file.write(frames, this.length);
    this.#hash.update(frames);
    this.length += frames.length;
    this.#listener();
  }
}

const RECOVER_BYTES = 1024 * 1024;
const MIB = 1024 * 1024;

export function cutMark(limitBytes: number): string {
  const size = limitBytes % MIB === 0 ? `${limitBytes / MIB} MiB` : `${limitBytes} bytes`;
  return `\n… output cut at ${size}\n`;
}
