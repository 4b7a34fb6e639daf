import { type FileHandle, mkdir, open, readdir, readFile, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";

/**
 * The few things that the relay asks of a disk. What was written survives a crash of the process;
 * what was synced, and a rename, survive a power cut as well.
 */
export interface Disk {
  /** The whole file, undefined when there is none. */
  read(path: string): Promise<Uint8Array | undefined>;
  /** Fails where there is one. */
  create(path: string): Promise<DiskFile>;
  /** Undefined where there is none. */
  openExisting(path: string): Promise<DiskFile | undefined>;
  /** Puts a file in the place of another, for good. */
  replace(from: string, to: string): Promise<void>;
  /** Does nothing where none is. */
  remove(path: string): Promise<void>;
  /** Names of the files in a folder, which is made if it is missing. */
  list(directory: string): Promise<string[]>;
}

export interface DiskFile {
  /** Writes all of it at this place. */
  write(bytes: Uint8Array, at: number): Promise<void>;
  /** Fewer bytes than asked for where the file ends. */
  read(at: number, length: number): Promise<Uint8Array>;
  truncate(length: number): Promise<void>;
  sync(): Promise<void>;
  close(): Promise<void>;
}

export const realDisk: Disk = {
  read: (path) => readFile(path).catch(ifMissing),
  create: async (path) => fileOf(await open(path, "wx+", 0o600)),
  async openExisting(path) {
    const file = await open(path, "r+").catch(ifMissing);
    return file && fileOf(file);
  },
  async replace(from, to) {
    await rename(from, to);
    const directory = await open(dirname(to), "r");
    await directory.sync().finally(() => directory.close());
  },
  remove: (path) => rm(path, { force: true }),
  async list(directory) {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    return readdir(directory);
  },
};

function fileOf(file: FileHandle): DiskFile {
  return {
    async write(bytes, at) {
      for (let done = 0; done < bytes.length; ) {
        done += (await file.write(bytes, done, undefined, at + done)).bytesWritten;
      }
    },
    async read(at, length) {
      const buffer = Buffer.allocUnsafe(length);
      const { bytesRead } = await file.read(buffer, 0, length, at);
      return buffer.subarray(0, bytesRead);
    },
    truncate: (length) => file.truncate(length),
    sync: () => file.datasync(),
    close: () => file.close(),
  };
}

function ifMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code === "ENOENT") return undefined;
  throw error;
}
