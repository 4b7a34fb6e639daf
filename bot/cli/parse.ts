import { readOffline } from "../invocation/offline.ts";
import { lineValues } from "../invocation/offline-values.ts";
import { readBundleFiles } from "./bundle-files.ts";
import { EXIT } from "./failure.ts";
import { lineTable, printOfflineError } from "./offline-text.ts";
import { printLine } from "./terminal.ts";

/** Shows how a line is read; needs no bot. */
export async function parseLine(
  text: string,
  options: { json?: boolean; bundle: readonly string[] },
): Promise<number> {
  const bundles = await readBundleFiles(options.bundle);
  if (!bundles) return EXIT.badData;
  const read = readOffline(text, bundles);
  if (!read.ok) {
    if (options.json) printLine(JSON.stringify({ error: read.error }));
    else printOfflineError(text, read.error);
    return EXIT.refused;
  }
  const values = lineValues(read.line);
  printLine(options.json ? JSON.stringify(values) : lineTable(values));
  return 0;
}
