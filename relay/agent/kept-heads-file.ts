import { open, readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { AuditHead } from "../wire/audit-head.ts";

/** A head of an audit chain, and the signed bytes that prove it. */
export const KeptHead = AuditHead.omit({ version: true }).extend({ jws: z.string() });
export type KeptHead = z.infer<typeof KeptHead>;

/** What a relay keeps of one workspace's chain. */
export const KeptChain = z.object({
  newest: KeptHead,
  /** Some heads before, fewer the older: a chain that was rewritten and has grown since is found too. */
  earlier: z.array(KeptHead),
  /** Heads with the number of one that is kept and another hash, or impossibly far ahead. */
  conflicts: z.array(KeptHead),
});
export type KeptChain = z.infer<typeof KeptChain>;

export const KeptHeads = z.object({
  version: z.literal(1),
  chains: z.record(z.uuid(), KeptChain),
});
export type KeptHeads = z.infer<typeof KeptHeads>;

const NAME = "audit-heads.json";

export async function readKeptHeads(directory: string): Promise<KeptHeads> {
  const path = join(directory, NAME);
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    const isMissing = error instanceof Error && "code" in error && error.code === "ENOENT";
    if (isMissing) return { version: 1, chains: {} };
    throw error;
  }
  try {
    return KeptHeads.parse(JSON.parse(text));
  } catch (cause) {
    throw new Error(`${path} is damaged; keep a copy for the auditor, then remove it`, { cause });
  }
}

/** Whole or not at all, and on the disk when this resolves. */
export async function writeKeptHeads(directory: string, kept: KeptHeads): Promise<void> {
  const path = join(directory, NAME);
  const file = await open(`${path}.new`, "w", 0o600);
  try {
    await file.writeFile(`${JSON.stringify(kept)}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${path}.new`, path);
  const folder = await open(directory, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** Every head that is kept, the newest of each chain first. */
export function allHeads({ chains }: KeptHeads): KeptHead[] {
  return Object.values(chains).flatMap(({ newest, earlier, conflicts }) => [
    newest,
    ...conflicts,
    ...earlier.toReversed(),
  ]);
}
