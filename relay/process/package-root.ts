import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** Folder of this package's package.json, from the sources as from `dist/`. */
export function packageRoot(from: string = import.meta.dirname): string {
  if (existsSync(join(from, "package.json"))) return from;
  const parent = dirname(from);
  if (parent === from) throw new Error(`no package.json above ${import.meta.dirname}`);
  return packageRoot(parent);
}

/** The version of this package, as its package.json has it. */
export function programVersion(): string {
  const text = readFileSync(join(packageRoot(), "package.json"), "utf8");
  const { version }: { version: string } = JSON.parse(text);
  return version;
}
