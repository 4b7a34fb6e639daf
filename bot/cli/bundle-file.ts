import { type BundleLoad, readBundle } from "../bundles/load.ts";
import { CliFailure, EXIT } from "./failure.ts";

/** A bundle file of this machine, checked; one that cannot be read ends the program. */
export async function readBundleFile(file: string): Promise<BundleLoad> {
  return readBundle(file).catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CliFailure(`${file} cannot be read: ${reason}`, EXIT.noInput);
  });
}
