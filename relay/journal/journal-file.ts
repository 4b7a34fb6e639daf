import { type FileHandle, open, readFile, rename } from "node:fs/promises";
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

/** Puts a file with only these records in the journal's place, and opens it. */
export async function rewriteJournal(
  path: string,
  records: Iterable<JournalRecord>,
): Promise<{ file: FileHandle; length: number }> {
  const bytes = Buffer.from(entriesOf(records).map(printLine).join(""));
  const fresh = `${path}.new`;
  const file = await open(fresh, "w", 0o600);
  try {
    await file.writeFile(bytes);
    await file.sync();
    await rename(fresh, path);
    await syncDirectory(dirname(path));
    return { file, length: bytes.length };
  } catch (error) {
    await file.close();
    throw error;
  }
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
