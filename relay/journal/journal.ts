import type { FileHandle } from "node:fs/promises";
import { applyEntry, attemptKey, type JournalEntry, type JournalRecord } from "./entry.ts";
import { JournalError, printLine, replayJournal, rewriteJournal } from "./journal-file.ts";

export interface JournalOptions {
  /** Rewrites the file without what is settled when it has grown to this size. */
  compactAtBytes?: number;
}

interface Waiting {
  text: string;
  entry?: JournalEntry;
  resolve(): void;
  reject(error: JournalError): void;
}

/** Opens the journal of one relay, replays it and leaves in the file only what is not settled. */
export async function openJournal(path: string, options: JournalOptions = {}): Promise<Journal> {
  const records = await replayJournal(path);
  const { file, length } = await rewriteJournal(path, records.values());
  return new Journal(path, { file, length, records }, options.compactAtBytes ?? 16 * 1024 * 1024);
}

/**
 * An append-only file of JSON lines. Appends of one turn of the event loop, and those that come
 * while the disk is busy, share one write and one sync; there is no timer.
 */
export class Journal {
  /** Why the last write failed; while it is set, nothing may be started. */
  fault: JournalError | undefined;

  readonly #path: string;
  readonly #records: Map<string, JournalRecord>;
  readonly #compactAtBytes: number;
  #file: FileHandle;
  #length: number;
  #waiting: Waiting[] = [];
  #writing: Promise<void> | undefined;

  constructor(
    path: string,
    state: { file: FileHandle; length: number; records: Map<string, JournalRecord> },
    compactAtBytes: number,
  ) {
    this.#path = path;
    this.#file = state.file;
    this.#length = state.length;
    this.#records = state.records;
    this.#compactAtBytes = compactAtBytes;
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

  /** Closes after what has been appended so far. */
  async close(): Promise<void> {
    await this.#writing;
    await this.#file.close();
  }

  #enqueue(text: string, entry?: JournalEntry): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#waiting.push({ text, resolve, reject, ...(entry && { entry }) });
    this.#writing ??= this.#writeAll().finally(() => {
      this.#writing = undefined;
    });
    return promise;
  }

  async #writeAll(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0);
      try {
        await this.#write(batch);
        this.fault = undefined;
        for (const { resolve } of batch) resolve();
      } catch (cause) {
        this.fault = new JournalError(`the journal ${this.#path} cannot be written: ${said(cause)}`, {
          cause,
        });
        for (const { reject } of batch) reject(this.fault);
      }
    }
  }

  async #write(batch: readonly Waiting[]): Promise<void> {
    // A failed write may have left half a line behind.
    if (this.fault) await this.#file.truncate(this.#length);
    const bytes = Buffer.from(batch.map(({ text }) => text).join(""));
    await this.#file.appendFile(bytes);
    await this.#file.datasync();
    this.#length += bytes.length;
    for (const { entry } of batch) if (entry) applyEntry(this.#records, entry);
    if (this.#length >= this.#compactAtBytes) await this.#compact();
  }

  async #compact(): Promise<void> {
    const { file, length } = await rewriteJournal(this.#path, this.#records.values());
    await this.#file.close();
    this.#file = file;
    this.#length = length;
  }
}

function said(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
