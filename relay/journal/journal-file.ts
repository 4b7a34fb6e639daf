import { type FileHandle, open, readFile, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { applyEntry, entriesOf, JournalEntry, type JournalRecord } from "./entry.ts";

/** The journal cannot be read or written: nothing may start without it. */
export class JournalError extends Error {
  override readonly name = "JournalError";
}

/** Replays the lines. A torn last line was never confirmed to anybody, so it is left out. */
export async function replayJournal(path: string): Promise<Map<string, JournalRecord>> {
  const records = new Map<string, JournalRecord>();
  const lines = (await readIfThere(path)).split("\n");
  lines.pop();
  for (const [index, line] of lines.entries()) {
    if (line === "") continue;
    const entry = parseLine(line);
    if (!entry) {
      throw new JournalError(
        `${path}:${index + 1} is damaged; the relay cannot know what it has started. Move the file away to go on without it`,
      );
    }
    applyEntry(records, entry);
  }
  return records;
}

export interface OpenFile {
  file: FileHandle;
  length: number;
}

/** Writes a file with only these records beside the journal; the journal itself stays as it is. */
export async function writeFresh(
  path: string,
  records: Iterable<JournalRecord>,
): Promise<OpenFile> {
  const bytes = Buffer.from(entriesOf(records).map(printLine).join(""));
  const fresh = freshPath(path);
  await rm(fresh, { force: true });
  const file = await open(fresh, "a", 0o600);
  try {
    await file.appendFile(bytes);
    await file.sync();
    return { file, length: bytes.length };
  } catch (error) {
    await file.close();
    await rm(fresh, { force: true });
    throw error;
  }
}

/** Puts the fresh file in the journal's place, for good. */
export async function putInPlace(path: string): Promise<void> {
  await rename(freshPath(path), path);
  await syncDirectory(dirname(path));
}

function freshPath(path: string): string {
  return `${path}.new`;
}

export function printLine(entry: JournalEntry): string {
  return `${JSON.stringify(entry)}\n`;
}

function parseLine(line: string): JournalEntry | undefined {
  try {
    return JournalEntry.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}

async function readIfThere(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return "";
    throw error;
  }
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, "r");
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
