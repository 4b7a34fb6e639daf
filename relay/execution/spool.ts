import { join } from "node:path";
import type { Disk } from "../process/disk.ts";
import { encodeFrames, type OutputStream } from "../wire/frames.ts";
import type { AttemptName } from "../wire/messages.ts";
import { SpoolFiles } from "./spool-files.ts";
import { SpoolSpace } from "./spool-space.ts";

/** The output of one attempt as others read it. */
export interface SpoolReader {
  /** From here on it can be read; what came before is confirmed and gone. */
  readonly start: number;
  /** Of the whole output. */
  readonly length: number;
  /** Nothing more will come. */
  readonly isEnded: boolean;
  /**
   * Whole frames from `offset` on, `maxBytes` at most, and never beyond the end of one file: the
   * pieces that a bot has stored then end where a later life of the relay may have to begin.
   */
  read(offset: number, maxBytes: number): Promise<Uint8Array>;
  /** A bot has committed everything before `offset`: it need not stay here. */
  confirm(offset: number): void;
  /** Calls back at each change; one listener. */
  onChange(listener: () => void): void;
}

interface Said {
  stream: OutputStream;
  bytes: Uint8Array;
}

const MOST_AT_ONCE_BYTES = 64 * 1024;
const MIB = 1024 * 1024;

/** Names an attempt's first file; see {@link SpoolFiles} for the others. */
export function spoolPath(directory: string, { executionId, attempt }: AttemptName): string {
  return join(directory, `${executionId}.${attempt}`);
}

/**
 * The output of one attempt on its way to the bots: frames on the disk, written before anything is
 * sent. The first file is made by the first output, so that a silent command costs none.
 */
export class Spool implements SpoolReader {
  isEnded = false;
  isCut = false;

  readonly #limitBytes: number;
  readonly #files: SpoolFiles;
  readonly #stepBytes: number;
  #taken = 0;
  #appended: Promise<void> = Promise.resolve();
  #listener: () => void = () => {};
  #stopListening: () => void = () => {};

  constructor(disk: Disk, path: string, limitBytes: number, space: SpoolSpace = unbounded()) {
    this.#limitBytes = limitBytes;
    this.#files = new SpoolFiles(disk, path, space);
    this.#stepBytes = Math.min(MOST_AT_ONCE_BYTES, Math.floor(space.reservedBytes / 2));
  }

  get start(): number {
    return this.#files.start;
  }

  get length(): number {
    return this.#files.length;
  }

  /**
   * Resolves when the bytes are written, which takes as long as there is no room. What exceeds the
   * limit of the command is replaced by one visible mark and thrown away from then on: the command
   * goes on, and is drained.
   */
  append(stream: OutputStream, bytes: Uint8Array): Promise<void> {
    if (this.isCut) return Promise.resolve();
    const room = this.#limitBytes - this.#taken;
    this.#taken += bytes.length;
    if (bytes.length <= room) return this.#append({ stream, bytes });
    this.isCut = true;
    const mark = Buffer.from(cutMark(this.#limitBytes));
    return this.#append(
      { stream, bytes: bytes.subarray(0, room) },
      { stream: "stderr", bytes: mark },
    );
  }

  read(offset: number, maxBytes: number): Promise<Uint8Array> {
    return this.#files.read(offset, maxBytes);
  }

  confirm(offset: number): void {
    this.#files.confirm(offset);
  }

  onChange(listener: () => void): void {
    this.#listener = listener;
  }

  /** Says that nothing more will come. */
  end(): void {
    this.isEnded = true;
    this.#files.share.stopGrowing();
    this.#listener();
  }

  /** Once `signal` fires, whoever waits for room here fails instead. */
  waitUntil(signal: AbortSignal): void {
    const refuse = () => {
      this.#files.share.refuse(new Error("it stopped before there was room for more output"));
    };
    signal.addEventListener("abort", refuse);
    this.#stopListening = () => signal.removeEventListener("abort", refuse);
    if (signal.aborted) refuse();
  }

  /** The digest of everything written so far: see relay/wire/output-digest.ts. */
  digest(): string {
    return this.#files.digest();
  }

  /** Resolves when everything written so far survives a power cut. */
  async sync(): Promise<void> {
    await this.#appended.catch(() => {});
    await this.#files.sync();
  }

  async close(): Promise<void> {
    this.#stopListening();
    await this.#appended.catch(() => {});
    await this.#files.close();
  }

  async remove(): Promise<void> {
    await this.close();
    await this.#files.remove();
  }

  /** Takes up the files that an earlier life of the relay has left, by their numbers. */
  recover(numbers: readonly number[]): Promise<void> {
    return this.#files.recover(numbers);
  }

  #append(...pieces: Said[]): Promise<void> {
    const written = this.#appended.then(async () => {
      for (const piece of pieces) await this.#writeInSteps(piece);
    });
    this.#appended = written;
    // Whoever appends next hears of a failure too; nobody else needs to.
    written.catch(() => {});
    return written;
  }

  async #writeInSteps({ stream, bytes }: Said): Promise<void> {
    for (let at = 0; at < bytes.length; at += this.#stepBytes) {
      const frames = encodeFrames(stream, bytes.subarray(at, at + this.#stepBytes));
      await this.#files.share.take(frames.length);
      await this.#files.write(frames);
      this.#listener();
    }
  }
}

function unbounded(): SpoolSpace {
  return new SpoolSpace({ limitBytes: Number.MAX_SAFE_INTEGER, executions: 1 });
}

export function cutMark(limitBytes: number): string {
  const size = limitBytes % MIB === 0 ? `${limitBytes / MIB} MiB` : `${limitBytes} bytes`;
  return `\n… output cut at ${size}\n`;
}
