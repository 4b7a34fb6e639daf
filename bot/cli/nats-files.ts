import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { CliFailure, EXIT } from "./failure.ts";

/** A folder in which nothing that is there is ever replaced. */
export interface KeptFolder {
  path(name: string): string;
  /** The file's text; it is made first where it is missing. */
  ensure(name: string, make: () => string | Promise<string>): Promise<string>;
  /** Undefined when there is no such file. */
  read(name: string): Promise<string | undefined>;
  makeFolder(name: string): Promise<void>;
  noteKept(name: string): void;
  made(): string[];
  kept(): string[];
}

/** Opens the folder, for this user only; what is written in it is too. */
export async function openKeptFolder(directory: string): Promise<KeptFolder> {
  const made: string[] = [];
  const kept: string[] = [];
  const path = (name: string) => join(directory, name);

  async function read(name: string): Promise<string | undefined> {
    return readFile(path(name), "utf8").catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return undefined;
      throw cannot("read", path(name), error);
    });
  }

  async function ensure(name: string, make: () => string | Promise<string>): Promise<string> {
    const existing = await read(name);
    if (existing !== undefined) {
      kept.push(name);
      return existing;
    }
    const text = await make();
    await privateFolder(dirname(path(name)));
    await writeFile(path(name), text, { mode: 0o600, flag: "wx", flush: true }).catch((error) => {
      throw cannot("write", path(name), error);
    });
    made.push(name);
    return text;
  }

  await privateFolder(directory);
  return {
    path,
    ensure,
    read,
    makeFolder: (name) => privateFolder(path(name)),
    noteKept: (name) => void kept.push(name),
    made: () => made,
    kept: () => kept,
  };
}

async function privateFolder(path: string): Promise<void> {
  try {
    const first = await mkdir(path, { recursive: true, mode: 0o700 });
    if (first !== undefined) await chmod(path, 0o700);
  } catch (error) {
    throw cannot("make", path, error);
  }
}

function cannot(verb: string, path: string, cause: unknown): CliFailure {
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : String(cause);
  return new CliFailure(`cannot ${verb} ${path} (${code})`, EXIT.configuration, { cause });
}
