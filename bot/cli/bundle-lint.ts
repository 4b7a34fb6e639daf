import { warningsOf } from "../bundles/lint.ts";
import type { BundleLoad } from "../bundles/load.ts";
import { type BundleError, printBundleError } from "../bundles/problem.ts";
import { withoutControls } from "../replies/plain-text.ts";
import { readBundleFile } from "./bundle-file.ts";
import { EXIT } from "./failure.ts";
import { printLine } from "./terminal.ts";

/** Checks bundle files without a bot; warnings alone do not fail. */
export async function lintBundles(
  files: readonly string[],
  options: { json?: boolean },
): Promise<number> {
  const reports: unknown[] = [];
  let exitCode = 0;
  for (const file of files) {
    const loaded = await readBundleFile(file);
    if (!loaded.ok) exitCode = EXIT.badData;
    if (options.json) reports.push(reportOf(file, loaded));
    else printReport(file, loaded);
  }
  if (options.json) printLine(JSON.stringify(reports, null, 2));
  return exitCode;
}

function reportOf(file: string, loaded: BundleLoad): object {
  const { name, version } = loaded.ok ? loaded.bundle : {};
  const errors = loaded.ok ? [] : loaded.errors;
  const warnings = loaded.ok ? warningsOf(loaded) : [];
  return {
    file,
    valid: loaded.ok,
    name: name ?? null,
    version: version ?? null,
    errors: errors.map(withoutFile),
    warnings: warnings.map(withoutFile),
  };
}

function withoutFile({ file: _file, ...error }: BundleError): Omit<BundleError, "file"> {
  return error;
}

function printReport(file: string, loaded: BundleLoad): void {
  if (!loaded.ok) {
    printErrors(loaded.errors, "");
    return;
  }
  printErrors(warningsOf(loaded), " (warning)");
  printLine(`${file}: ${loaded.bundle.name} ${loaded.bundle.version} is valid`);
}

function printErrors(errors: readonly BundleError[], mark: string): void {
  for (const error of errors) printLine(withoutControls(printBundleError(error)) + mark);
}
