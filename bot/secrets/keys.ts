import { hkdfSync, randomBytes } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { generateKeyPem, readSigningKey, type SigningKey } from "../../relay/wire/keys.ts";
import { BotError } from "../errors.ts";

export interface BotKeys {
  /** Signs offers, permits and receipts. */
  signing: SigningKey;
  /** Signs the list of bots' keys; undefined on a bot that does not hold it. */
  authority: SigningKey | undefined;
  /** Authenticates decisions in the database; derived from the master key. */
  mac: Buffer;
  /** Files that did not exist before. */
  made: string[];
}

export interface KeyFiles {
  signing: string;
  master: string;
  authority: string;
}

/**
 * Reads the bot's keys. At a first start (`mayCreate`) those that are missing are made; later a
 * missing signing or master key is an error, because what it protected could no longer be read.
 */
export async function loadKeys(files: KeyFiles, mayCreate: boolean): Promise<BotKeys> {
  const made: string[] = [];
  const read = async (path: string, make: () => string) => {
    const existing = await readIfPresent(path);
    if (existing !== undefined || !mayCreate) return existing;
    made.push(path);
    return writeNew(path, make());
  };
  const signing = await read(files.signing, () => generateKeyPem("ed25519"));
  const master = await read(files.master, () => `${randomBytes(32).toString("base64")}\n`);
  const authority = await read(files.authority, () => generateKeyPem("ed25519"));
  return {
    signing: parseKey(signing, files.signing),
    authority: authority === undefined ? undefined : parseKey(authority, files.authority),
    mac: deriveMacKey(master, files.master),
    made,
  };
}

function parseKey(pem: string | undefined, path: string): SigningKey {
  if (pem === undefined) throw missing(path);
  try {
    return readSigningKey(pem);
  } catch (error) {
    throw new BotError("key", `${path}: not an Ed25519 private key in PEM form`, { cause: error });
  }
}

function deriveMacKey(master: string | undefined, path: string): Buffer {
  if (master === undefined) throw missing(path);
  const bytes = Buffer.from(master.trim(), "base64");
  if (bytes.length !== 32) throw new BotError("key", `${path}: not 32 bytes in base64`);
  return Buffer.from(hkdfSync("sha256", bytes, "", "aldis decision mac v1", 32));
}

function missing(path: string): BotError {
  return new BotError(
    "key",
    `${path}: no such key, though the database is in use; restore the file, or name it with ALDIS_SIGNING_KEY_FILE or ALDIS_MASTER_KEY_FILE`,
  );
}

async function readIfPresent(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw new BotError("key", `${path}: cannot be read (${String(error)})`, { cause: error });
  }
}

async function writeNew(path: string, text: string): Promise<string> {
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await writeFile(path, text, { mode: 0o600, flag: "wx" });
    return text;
  } catch (error) {
    throw new BotError("key", `${path}: cannot be written (${String(error)})`, { cause: error });
  }
}
