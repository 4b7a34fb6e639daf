import { readFile, rename, writeFile } from "node:fs/promises";
import { z } from "zod";

/** An image that this relay has pulled, and by which names. */
const Pulled = z.object({ names: z.array(z.string()), usedAt: z.iso.datetime() });
const File = z.object({ version: z.literal(1), images: z.record(z.string(), Pulled) });

/** What this relay has pulled, by id: only that is ever removed. */
export interface Ledger {
  pulled(id: string, name: string, nowMs: number): Promise<void>;
  used(id: string, nowMs: number): Promise<void>;
  /** Those that nothing has used since. */
  unusedSince(ms: number): readonly { id: string; names: readonly string[] }[];
  removed(id: string): Promise<void>;
}

/** A use within it needs no writing. */
const COARSE_MS = 60_000;

/** A file that is not there or cannot be read is an empty one: what it named is then kept for ever. */
export async function openLedger(path: string): Promise<Ledger> {
  const images = new Map(Object.entries(await read(path)));
  let writing: Promise<void> = Promise.resolve();

  function save(): Promise<void> {
    writing = writing.catch(() => {}).then(write);
    return writing;
  }

  async function write(): Promise<void> {
    const text = JSON.stringify({ version: 1, images: Object.fromEntries(images) }, null, 2);
    await writeFile(`${path}.new`, `${text}\n`, { mode: 0o600 });
    await rename(`${path}.new`, path);
  }

  return {
    async pulled(id, name, nowMs) {
      const names = new Set([...(images.get(id)?.names ?? []), name]);
      images.set(id, { names: [...names], usedAt: new Date(nowMs).toISOString() });
      await save();
    },
    async used(id, nowMs) {
      const known = images.get(id);
      if (!known || nowMs - Date.parse(known.usedAt) < COARSE_MS) return;
      known.usedAt = new Date(nowMs).toISOString();
      await save();
    },
    unusedSince: (ms) =>
      [...images]
        .filter(([, { usedAt }]) => Date.parse(usedAt) < ms)
        .map(([id, { names }]) => ({ id, names })),
    async removed(id) {
      images.delete(id);
      await save();
    },
  };
}

async function read(path: string): Promise<z.infer<typeof File>["images"]> {
  try {
    return File.parse(JSON.parse(await readFile(path, "utf8"))).images;
  } catch {
    return {};
  }
}
