import { globSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { readVerifyingKey } from "../../../relay/wire/keys.ts";
import type { ReaderKeys } from "./recorded-kinds.ts";
import type { RecordedKeys, RecordedMessage } from "./recorded-tape.ts";

/** What one minor version said, as it lies in `recorded/`. */
export interface Recording {
  minor: string;
  messages: readonly RecordedMessage[];
  keys: ReaderKeys;
  /** What a reader of that version accepts, by kind. */
  schemaOf(kind: string): object;
}

const FOLDER = join(import.meta.dirname, "recorded");

/** Every recording, the oldest version first. */
export function readRecordings(): Recording[] {
  const folders = globSync("*/", { cwd: FOLDER }).map((folder) => basename(folder));
  return folders.sort((a, b) => Number(a.split(".")[1]) - Number(b.split(".")[1])).map(read);
}

function read(minor: string): Recording {
  const folder = join(FOLDER, minor);
  const kinds = globSync("*.schema.json", { cwd: folder }).map((name) =>
    name.replace(".schema.json", ""),
  );
  return {
    minor,
    messages: kinds.flatMap((kind): RecordedMessage[] => readJson(join(folder, `${kind}.json`))),
    keys: readerOf(readJson(join(folder, "keys.json"))),
    schemaOf: (kind) => readJson(join(folder, `${kind}.schema.json`)),
  };
}

/** Whoever believes exactly these keys. */
export function readerOf({ authority, bots, relays }: RecordedKeys): ReaderKeys {
  const byName = (keys: RecordedKeys["bots"]) =>
    new Map(keys.map(readVerifyingKey).map((key) => [key.kid, key]));
  return { authority, bots: byName(bots), relays: byName(relays) };
}

function readJson<T>(path: string): T {
  return JSON.parse(readFileSync(path, "utf8"));
}
