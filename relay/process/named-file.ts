import { readFile } from "node:fs/promises";

export type NamedFile = { ok: true; text: string | undefined } | { ok: false; reason: string };

/** The text of the file that a setting names; undefined where it names none. */
export async function readNamedFile(key: string, path: string | undefined): Promise<NamedFile> {
  if (path === undefined) return { ok: true, text: undefined };
  try {
    return { ok: true, text: await readFile(path, "utf8") };
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
    return { ok: false, reason: `${key}: ${path} cannot be read (${code})` };
  }
}
