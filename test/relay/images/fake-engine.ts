import type { EngineImages, HeldImage } from "../../../relay/images/engine-images.ts";
import { printName } from "../../../relay/images/engine-images.ts";
import type { Progress } from "../../../relay/images/engine-stream.ts";
import type { ImageName } from "../../../relay/wire/image.ts";

/** An engine in memory, with registries that it can reach. */
export interface FakeEngine extends EngineImages {
  held: HeldImage[];
  /** What a registry has, by the name that is asked for. */
  offered: Map<string, HeldImage>;
  pulls: { name: string; auth: string | undefined }[];
  removed: string[];
  used: Set<string>;
  /** Pulls wait for it. */
  gate: Promise<void>;
  progress: Progress[];
}

export function idOf(digit: string): string {
  return `sha256:${digit.repeat(64)}`;
}

export function heldAs(id: string, change: Partial<HeldImage> = {}): HeldImage {
  return { id, tags: [], digests: [], architecture: "amd64", ...change };
}

export function fakeEngine(): FakeEngine {
  const engine: FakeEngine = {
    held: [],
    offered: new Map(),
    pulls: [],
    removed: [],
    used: new Set(),
    gate: Promise.resolve(),
    progress: [],
    async find(name) {
      return engine.held.find(({ id, tags, digests }) => [id, ...tags, ...digests].includes(name));
    },
    list: async () => engine.held,
    async pull(image: ImageName, auth, onLine) {
      const name = printName(image);
      engine.pulls.push({ name, auth });
      for (const line of engine.progress) onLine(line);
      await engine.gate;
      const found = engine.offered.get(name);
      if (!found) throw new Error(`manifest for ${name} not found: manifest unknown`);
      engine.held.push(found);
    },
    async load() {},
    async remove(name) {
      engine.removed.push(name);
      engine.held = engine.held.filter(
        ({ tags, digests }) => ![...tags, ...digests].includes(name),
      );
      return true;
    },
    inUse: async () => engine.used,
    host: async () => ({ architecture: "amd64", directory: "/engine" }),
    close() {},
  };
  return engine;
}
