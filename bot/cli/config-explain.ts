import { loadConfig } from "../../relay/process/config.ts";
import { type ConfigKey, variableOf } from "../../relay/process/config-keys.ts";
import { explainConfig } from "../../relay/process/explain-config.ts";
import type { Environment } from "./connection.ts";
import { CliFailure, EXIT } from "./failure.ts";
import { printListing, printNote } from "./terminal.ts";

/** Each setting of both programs, its value and where that came from; secrets are masked. */
export function explain(
  allKeys: readonly ConfigKey[],
  configPath: string | undefined,
  env: Environment,
  options: { json?: boolean },
): number {
  // Some are settings of both.
  const keys = [...new Map(allKeys.map((key) => [key.path, key])).values()];
  const loaded = loadConfig(keys, { configPath, env, cwd: process.cwd() });
  if (!loaded.ok) throw new CliFailure(loaded.errors.join("\n"), EXIT.configuration);
  for (const warning of loaded.warnings) printNote(`aldis: ${warning}`);
  const explained = explainConfig(keys, loaded);
  const rows = explained.map(({ key, value, source }) => [key, value, source, variableOf(key)]);
  const columns = ["key", "value", "source", "variable"];
  const none = "there is nothing to set";
  printListing({ json: explained, columns, rows, none }, options.json ?? false);
  return 0;
}
