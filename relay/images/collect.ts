import type { Logger } from "../process/logger.ts";
import type { EngineImages } from "./engine-images.ts";
import type { Ledger } from "./ledger.ts";

export interface CollectDeps {
  engine: Pick<EngineImages, "inUse" | "remove">;
  ledger: Ledger;
  keepMs: number;
  /** From now on it counts as not there. */
  onRemove(id: string): void;
  clock: { wallMs(): number };
  log: Logger;
}

/**
 * Removes what this relay has pulled and nothing has used for long, and no container is made of;
 * resolves to the ids that are gone.
 */
export async function collectImages(deps: CollectDeps): Promise<string[]> {
  const { engine, ledger, keepMs, clock, log } = deps;
  const old = () => ledger.unusedSince(clock.wallMs() - keepMs);
  if (old().length === 0) return [];
  const inUse = await engine.inUse();
  const gone: string[] = [];
  // Asked again: one may have been given to a command meanwhile.
  for (const { id, names } of old().filter((image) => !inUse.has(image.id))) {
    deps.onRemove(id);
    const removed = await Promise.all(names.map((name) => engine.remove(name)));
    if (removed.includes(false)) continue;
    await ledger.removed(id);
    gone.push(id);
    log.info({ image: names[0], id }, "image removed: unused for long");
  }
  return gone;
}
