import { warningsOf } from "../bundles/lint.ts";
import type { BundleLoad } from "../bundles/load.ts";
import { type BundleError, printBundleError } from "../bundles/problem.ts";
import { withoutControls } from "../replies/plain-text.ts";
import { readBundleFile } from "./bundle-file.ts";
import { CliFailure, EXIT } from "./failure.ts";
import { printLine } from "./terminal.ts";

/** Checks bundle files without a bot; warnings alone do not fail. */
export async function lintBundles(
  files: readonly string[],
  options: { json?: boolean },
): Promise<number> {
  const reports: unknown[] = [];
  let exitCode = 0;
  for (const file of files) {
    const loaded = await readOrTell(file, options.json ?? false);
    if (loaded instanceof CliFailure) {
      exitCode = loaded.exitCode;
      reports.push(unreadable(file, loaded.message));
      continue;
    }
    if (!loaded.ok && exitCode === 0) exitCode = EXIT.badData;
    if (options.json) reports.push(reportOf(file, loaded));
    else printReport(file, loaded);
  }
  if (options.json) printLine(JSON.stringify(reports, null, 2));
  return exitCode;
}

/** A script gets its list whichever file cannot be read; a person is told at once. */
async function readOrTell(file: string, isForScript: boolean): Promise<BundleLoad | CliFailure> {
  try {
    return await readBundleFile(file);
  } catch (error) {
    if (isForScript && error instanceof CliFailure) return error;
    throw error;
  }
}

function unreadable(file: string, message: string): object {
  const errors = [{ line: 1, column: 1, key: "", message }];
  return { file, valid: false, name: null, version: null, errors, warnings: [] };
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
