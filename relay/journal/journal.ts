import { type Disk, type DiskFile, realDisk } from "../process/disk.ts";
import { applyEntry, attemptKey, type JournalEntry, type JournalRecord } from "./entry.ts";
import {
  JournalError,
  type OpenFile,
  printLine,
  putInPlace,
  replayJournal,
  writeFresh,
} from "./journal-file.ts";

export interface JournalOptions {
  /** Rewrites the file without what is settled when it has grown to this size. */
  compactAtBytes?: number;
  disk?: Disk;
}

interface Waiting {
  text: string;
  entry?: JournalEntry;
  resolve(): void;
  reject(error: JournalError): void;
}

/** Opens the journal of one relay, replays it and leaves in the file only what is not settled. */
export async function openJournal(path: string, options: JournalOptions = {}): Promise<Journal> {
  const { disk = realDisk, compactAtBytes = 16 * 1024 * 1024 } = options;
  try {
    const records = await replayJournal(disk, path);
    const opened = await writeFresh(disk, path, records.values());
    await putInPlace(disk, path);
    return new Journal(disk, path, { ...opened, records }, compactAtBytes);
  } catch (cause) {
    if (cause instanceof JournalError) throw cause;
    throw new JournalError(`the journal ${path} cannot be opened: ${said(cause)}`, { cause });
  }
}

/**
 * An append-only file of JSON lines. Appends of one turn of the event loop, and those that come
 * while the disk is busy, share one write and one sync; there is no timer.
 */
export class Journal {
  /** Why the last write failed; while it is set, nothing may be started. */
  fault: JournalError | undefined;

  readonly #disk: Disk;
  readonly #path: string;
  readonly #records: Map<string, JournalRecord>;
  readonly #compactAtBytes: number;
  #nextCompactAt: number;
  #file: DiskFile;
  #length: number;
  #waiting: Waiting[] = [];
  #writing: Promise<void> | undefined;
  /** Nobody knows which of two files a restart would find: nothing is written any more. */
  #broken: unknown;

  constructor(
    disk: Disk,
    path: string,
    state: OpenFile & { records: Map<string, JournalRecord> },
    compactAtBytes: number,
  ) {
    this.#disk = disk;
    this.#path = path;
    this.#file = state.file;
    this.#length = state.length;
    this.#records = state.records;
    this.#compactAtBytes = compactAtBytes;
    this.#nextCompactAt = state.length + compactAtBytes;
  }

  /** What is not settled, as far as it has reached the disk. */
  records(): JournalRecord[] {
    return [...this.#records.values()];
  }

  has(of: { executionId: string; attempt: number }): boolean {
    return this.#records.has(attemptKey(of));
  }

  /** Resolves when the entry is on the disk; rejects with {@link JournalError}. */
  append(entry: JournalEntry): Promise<void> {
    return this.#enqueue(printLine(entry), entry);
  }

  /** Tries whether the disk takes anything again, after a fault. */
  probe(): Promise<void> {
    return this.#enqueue("\n");
  }

  /** Closes after what has been appended so far; a second call does nothing. */
  async close(): Promise<void> {
    await this.#writing;
    await this.#file.close();
  }

  #enqueue(text: string, entry?: JournalEntry): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#waiting.push({ text, resolve, reject, ...(entry && { entry }) });
    this.#writing ??= this.#writeAll();
    return promise;
  }

  async #writeAll(): Promise<void> {
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0);
      try {
        await this.#write(batch);
        this.fault = undefined;
        for (const { resolve } of batch) resolve();
      } catch (cause) {
        const message = `the journal ${this.#path} cannot be written: ${said(cause)}`;
        const fault = new JournalError(message, { cause });
        this.fault = fault;
        for (const { reject } of batch) reject(fault);
      }
    }
    this.#writing = undefined;
  }

  async #write(batch: readonly Waiting[]): Promise<void> {
    if (this.#broken) throw this.#broken;
    // A failed write may have left half a line behind.
    if (this.fault) await this.#file.truncate(this.#length);
    const bytes = Buffer.from(batch.map(({ text }) => text).join(""));
    await this.#file.write(bytes, this.#length);
    await this.#file.sync();
    this.#length += bytes.length;
    for (const { entry } of batch) if (entry) applyEntry(this.#records, entry);
    if (this.#length >= this.#nextCompactAt) await this.#compact();
  }

  /** A disk that has no room for the fresh file is no fault: the old one goes on. */
  async #compact(): Promise<void> {
    this.#nextCompactAt = this.#length + this.#compactAtBytes;
    const fresh = await writeFresh(this.#disk, this.#path, this.#records.values()).catch(
      () => undefined,
    );
    if (!fresh) return;
    const old = this.#file;
    this.#file = fresh.file;
    this.#length = fresh.length;
    this.#nextCompactAt = fresh.length + this.#compactAtBytes;
    try {
      await putInPlace(this.#disk, this.#path);
    } catch (error) {
      this.#broken = error;
      throw error;
    } finally {
      await old.close();
    }
  }
}

function said(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
