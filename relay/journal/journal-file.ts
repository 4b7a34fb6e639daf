import type { Disk, DiskFile } from "../process/disk.ts";
import { applyEntry, entriesOf, JournalEntry, type JournalRecord } from "./entry.ts";

/** The journal cannot be read or written: nothing may start without it. */
export class JournalError extends Error {
  override readonly name = "JournalError";
}

/** Replays the lines. A torn last line was never confirmed to anybody, so it is left out. */
export async function replayJournal(disk: Disk, path: string): Promise<Map<string, JournalRecord>> {
  const records = new Map<string, JournalRecord>();
  const lines = Buffer.from((await disk.read(path)) ?? [])
    .toString("utf8")
    .split("\n");
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
  file: DiskFile;
  length: number;
}

/** Writes a file with only these records beside the journal; the journal itself stays as it is. */
export async function writeFresh(
  disk: Disk,
  path: string,
  records: Iterable<JournalRecord>,
): Promise<OpenFile> {
  const bytes = Buffer.from(entriesOf(records).map(printLine).join(""));
  const fresh = freshPath(path);
  await disk.remove(fresh);
  const file = await disk.create(fresh);
  try {
    await file.write(bytes, 0);
    await file.sync();
    return { file, length: bytes.length };
  } catch (error) {
    await file.close();
    await disk.remove(fresh);
    throw error;
  }
}

/** Puts the fresh file in the journal's place, for good. */
export function putInPlace(disk: Disk, path: string): Promise<void> {
  return disk.replace(freshPath(path), path);
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
