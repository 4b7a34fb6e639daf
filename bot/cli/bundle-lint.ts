import { readBundle } from "../bundles/load.ts";
import { type BundleError, printBundleError } from "../bundles/problem.ts";
import { CliFailure, EXIT } from "./failure.ts";
import { printLine } from "./terminal.ts";

/** Checks bundle files without a bot; warnings alone do not fail. */
export async function lintBundles(files: readonly string[]): Promise<number> {
  let exitCode = 0;
  for (const file of files) {
    const loaded = await readBundle(file).catch((error: unknown) => {
      const reason = error instanceof Error ? error.message : String(error);
      throw new CliFailure(`${file} cannot be read: ${reason}`, EXIT.noInput);
    });
    if (loaded.ok) {
      printErrors(loaded.warnings, " (warning)");
      printLine(`${file}: ${loaded.bundle.name} ${loaded.bundle.version} is valid`);
    } else {
      printErrors(loaded.errors, "");
      exitCode = EXIT.badData;
    }
  }
  return exitCode;
}

function printErrors(errors: readonly BundleError[], mark: string): void {
  for (const error of errors) printLine(printBundleError(error) + mark);
}
