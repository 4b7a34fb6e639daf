import { createHash, type Hash } from "node:crypto";
import { type FileHandle, open, rm } from "node:fs/promises";
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

  readonly #path: string;
  readonly #limitBytes: number;
  readonly #hash: Hash = createHash("sha256");
  #file: FileHandle | undefined;
  #taken = 0;
  #last: Promise<void> = Promise.resolve();
  #listener: () => void = () => {};

  constructor(path: string, limitBytes: number) {
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
    const wanted = Math.min(maxBytes, this.length - offset);
    const buffer = Buffer.allocUnsafe(wanted);
    const { bytesRead } = await this.#file.read(buffer, 0, wanted, offset);
    return buffer.subarray(0, wholeFrames(buffer.subarray(0, bytesRead), maxBytes));
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
    await this.#file?.datasync();
  }

  async close(): Promise<void> {
    await this.#last.catch(() => {});
    await this.#file?.close();
    this.#file = undefined;
  }

  async remove(): Promise<void> {
    const isThere = this.#file !== undefined;
    await this.close();
    if (isThere) await rm(this.#path, { force: true });
  }

  /** Takes up what an earlier life of the relay has written; half a frame at the end is dropped. */
  async recover(): Promise<void> {
    const file = await open(this.#path, "r+").catch(ifMissing);
    if (!file) return;
    this.#file = file;
    for (;;) {
      const buffer = Buffer.allocUnsafe(RECOVER_BYTES);
      const { bytesRead } = await file.read(buffer, 0, buffer.length, this.length);
      const whole = wholeFrames(buffer.subarray(0, bytesRead), buffer.length);
      if (whole === 0) break;
      this.#hash.update(buffer.subarray(0, whole));
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
    this.#file ??= await open(this.#path, "wx+", 0o600);
    for (let at = 0; at < frames.length; ) {
      const { bytesWritten } = await this.#file.write(frames, at, undefined, this.length + at);
      at += bytesWritten;
    }
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

function ifMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code === "ENOENT") return undefined;
  throw error;
}
