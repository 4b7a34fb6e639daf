import type { Disk, DiskFile } from "../../relay/process/disk.ts";
import type { Random } from "./random.ts";
import type { SimulatedProcess } from "./simulated-process.ts";

interface Stored {
  bytes: Buffer;
  /** What of it would survive a power cut. */
  synced: Buffer | undefined;
}

/** A disk of a host: its files outlive the processes that wrote them. */
export class MemoryDisk {
  /** From now on it takes nothing, as if it were full. */
  isFull = false;
  /** How often an operation takes time, instead of none. */
  slowness = 0;

  readonly #files = new Map<string, Stored>();
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  textOf(path: string): string {
    return this.#files.get(path)?.bytes.toString("latin1") ?? "";
  }

  /** What was not synced is gone, or half gone. */
  cutPower(): void {
    for (const [path, file] of this.#files) {
      const { bytes, synced } = file;
      if (synced === undefined) this.#files.delete(path);
      else if (bytes.length > synced.length) {
        const kept = this.#random.whole(synced.length, bytes.length);
        file.bytes = Buffer.concat([synced, bytes.subarray(synced.length, kept)]);
      } else file.bytes = synced;
    }
  }

  wipe(): void {
    this.#files.clear();
  }

  /** The disk as one process sees it. */
  openedBy(process: SimulatedProcess): Disk {
    const files = this.#files;
    const io = <T>(act: () => T, isWrite = false) => this.#io(process, act, isWrite);
    const fileOf = (file: Stored) => this.#fileOf(file, io);
    return {
      read: (path) => io(() => files.get(path)?.bytes),
      create: (path) =>
        io(() => {
          if (files.has(path)) throw new Error(`${path} exists`);
          const file: Stored = { bytes: Buffer.alloc(0), synced: undefined };
          files.set(path, file);
          return fileOf(file);
        }, true),
      openExisting: (path) =>
        io(() => {
          const file = files.get(path);
          return file && fileOf(file);
        }),
      replace: (from, to) =>
        io(() => {
          const file = files.get(from);
          if (!file) throw new Error(`${from} is missing`);
          files.delete(from);
          files.set(to, file);
        }, true),
      remove: (path) => io(() => void files.delete(path)),
      list: (directory) =>
        io(() =>
          [...files.keys()]
            .filter((path) => path.startsWith(`${directory}/`))
            .map((path) => path.slice(directory.length + 1)),
        ),
    };
  }

  #fileOf(file: Stored, io: <T>(act: () => T, isWrite?: boolean) => Promise<T>): DiskFile {
    return {
      write: (bytes, at) =>
        io(() => {
          file.bytes = Buffer.concat([file.bytes.subarray(0, at), bytes]);
        }, true),
      read: (at, length) => io(() => Buffer.from(file.bytes.subarray(at, at + length))),
      truncate: (length) =>
        io(() => {
          file.bytes = file.bytes.subarray(0, length);
        }),
      sync: () =>
        io(() => {
          file.synced = file.bytes;
        }, true),
      close: async () => {},
    };
  }

  async #io<T>(process: SimulatedProcess, act: () => T, isWrite: boolean): Promise<T> {
    if (this.#random.chance(this.slowness)) await process.wait(this.#random.whole(1, 30));
    if (isWrite && this.isFull) throw new Error("no space left on the disk");
    return act();
  }
}
