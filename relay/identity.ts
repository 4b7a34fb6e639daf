import { createHash } from "node:crypto";
import { chmod, mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { makeNatsUserSeed } from "./process/nats-user.ts";
import { generateKeyPem, readSigningKey, type SigningKey } from "./wire/keys.ts";
import { Tags } from "./wire/selector.ts";

/** Who this relay is, from the day it joined. */
export const Identity = z.object({
  version: z.literal(1),
  relayId: z.uuid(),
  name: z.string(),
  tags: Tags,
  /** Fingerprint of the authority whose key lists it takes; pinned. */
  authority: z.string(),
  /** The NATS address of the join token. */
  nats: z.string().optional(),
});
export type Identity = z.infer<typeof Identity>;

const StoredNats = z.object({
  user: z.object({ jwt: z.string(), seed: z.string() }).optional(),
  ca: z.string().optional(),
});

/** The keys that a relay brings; they stay on its host. */
export interface RelayKeys {
  signing: SigningKey;
  sealing: SigningKey;
}

/** `<data directory>/relay`, where everything of the relay lies. */
export function relayDirectory(dataDirectory: string): string {
  return join(dataDirectory, "relay");
}

/** Undefined when this relay has not joined yet. */
export async function readIdentity(directory: string): Promise<Identity | undefined> {
  const path = join(directory, "identity.json");
  const text = await readIfThere(path);
  if (text === undefined) return undefined;
  try {
    return Identity.parse(JSON.parse(text));
  } catch (cause) {
    throw new Error(`${path} is damaged; remove it and join again`, { cause });
  }
}

export async function saveIdentity(directory: string, identity: Identity): Promise<void> {
  await writePrivate(directory, "identity.json", `${JSON.stringify(identity, null, 2)}\n`);
}

/** Makes the keys once; later calls read them, so that joining may be tried again. */
export async function ensureKeys(directory: string): Promise<RelayKeys> {
  await finishAdoption(directory);
  return {
    signing: readSigningKey(await ensureKey(directory, "signing.pem", "ed25519")),
    sealing: readSigningKey(await ensureKey(directory, "sealing.pem", "x25519")),
  };
}

/** The keys that are to replace those; made once, until they are adopted. */
export async function ensureNextKeys(directory: string): Promise<RelayKeys> {
  await finishAdoption(directory);
  return {
    signing: readSigningKey(await ensureKey(directory, "next-signing.pem", "ed25519")),
    sealing: readSigningKey(await ensureKey(directory, "next-sealing.pem", "x25519")),
  };
}

export async function adoptNextKeys(directory: string): Promise<void> {
  await rename(join(directory, "next-signing.pem"), join(directory, "signing.pem"));
  await finishAdoption(directory);
}

/** A sealing key is made after its signing key, and adopted after it: alone, it is left over. */
async function finishAdoption(directory: string): Promise<void> {
  if ((await readIfThere(join(directory, "next-signing.pem"))) !== undefined) return;
  if ((await readIfThere(join(directory, "next-sealing.pem"))) === undefined) return;
  await rename(join(directory, "next-sealing.pem"), join(directory, "sealing.pem"));
}

/** How this relay comes onto its NATS server, where that asks for users or vouches for itself. */
export interface NatsIdentity {
  user?: { jwt: string; seed: string } | undefined;
  ca?: string | undefined;
}

/**
 * The seed of its NATS user; it stays on this host. Another for each join token: one that was
 * removed comes back as another user.
 */
export async function ensureNatsSeed(directory: string, token: string): Promise<string> {
  const name = `nats-user-${createHash("sha256").update(token).digest("hex").slice(0, 12)}.seed`;
  const existing = await readIfThere(join(directory, name));
  if (existing !== undefined) return existing.trim();
  const seed = makeNatsUserSeed();
  await writePrivate(directory, name, `${seed}\n`);
  return seed;
}

export async function readNatsIdentity(directory: string): Promise<NatsIdentity> {
  const path = join(directory, "nats.json");
  const text = await readIfThere(path);
  if (text === undefined) return {};
  try {
    return StoredNats.parse(JSON.parse(text));
  } catch (cause) {
    throw new Error(`${path} is damaged; join again with the same token, or a new one`, { cause });
  }
}

/** Replaces what an earlier join token brought. */
export async function saveNatsIdentity(directory: string, nats: NatsIdentity): Promise<void> {
  await writePrivate(directory, "nats.json", `${JSON.stringify(nats, null, 2)}\n`);
}

/** The newest key list that was accepted. */
export function readKeyList(directory: string): Promise<string | undefined> {
  return readIfThere(join(directory, "key-list.jws"));
}

export async function saveKeyList(directory: string, jws: string): Promise<void> {
  await writePrivate(directory, "key-list.jws", jws);
}

async function ensureKey(
  directory: string,
  name: string,
  curve: "ed25519" | "x25519",
): Promise<string> {
  const existing = await readIfThere(join(directory, name));
  if (existing !== undefined) return existing;
  const pem = generateKeyPem(curve);
  await writePrivate(directory, name, pem);
  return pem;
}

/** Whole or not at all, and for this user only. */
async function writePrivate(directory: string, name: string, text: string): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await chmod(directory, 0o700);
  const path = join(directory, name);
  await writeFile(`${path}.new`, text, { mode: 0o600, flush: true });
  await rename(`${path}.new`, path);
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}
