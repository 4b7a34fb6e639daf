import type { Bundle } from "../bundles/bundle.ts";
import { printBundleError } from "../bundles/problem.ts";
import { CliFailure, EXIT } from "./failure.ts";
import { printNote } from "./terminal.ts";

/**
 * Bundles by name; nothing if a file is not valid, and then it has said what is wrong. What reads
 * them is loaded only where there is a file.
 */
export async function readBundleFiles(
  files: readonly string[],
): Promise<ReadonlyMap<string, Bundle> | undefined> {
  const bundles = new Map<string, Bundle>();
  let isValid = true;
  for (const file of files) {
    const { readBundleFile } = await import("./bundle-file.ts");
    const loaded = await readBundleFile(file);
    if (loaded.ok) add(bundles, loaded.bundle, file);
    else for (const error of loaded.errors) printNote(printBundleError(error));
    isValid &&= loaded.ok;
  }
  return isValid ? bundles : undefined;
}

function add(bundles: Map<string, Bundle>, bundle: Bundle, file: string): void {
  if (bundles.has(bundle.name)) {
    const message = `${file}: there is another bundle ${bundle.name}; give one file for each`;
    throw new CliFailure(message, EXIT.usage);
  }
  bundles.set(bundle.name, bundle);
}
