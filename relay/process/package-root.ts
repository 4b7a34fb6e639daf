import { existsSync } from "node:fs";
import { dirname, join } from "node:path";

/** Folder of this package's package.json, from the sources as from `dist/`. */
export function packageRoot(from: string = import.meta.dirname): string {
  if (existsSync(join(from, "package.json"))) return from;
  const parent = dirname(from);
  if (parent === from) throw new Error(`no package.json above ${import.meta.dirname}`);
  return packageRoot(parent);
}
