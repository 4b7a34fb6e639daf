import { parse as parseYaml } from "yaml";
import type { z } from "zod";
import { type Environment, readEnvironment } from "./config-environment.ts";
import { readConfigFile } from "./config-file.ts";
import { type ConfigKey, type ConfigValues, variableOf, type Written } from "./config-keys.ts";

export interface LoadOptions {
  /** What `--config` named; comes before `ALDIS_CONFIG` and `./aldis.yaml`. */
  configPath?: string | undefined;
  env: Environment;
  cwd: string;
  /** Top-level names that belong to the other program and are passed over. */
  elsewhere?: readonly string[];
}

export type LoadedConfig<Keys extends readonly ConfigKey[]> =
  | {
      ok: true;
      values: ConfigValues<Keys>;
      /** By path: `environment ALDIS_DATA_DIR`, `aldis.yaml:7`, `default` or `not set`. */
      sources: Readonly<Record<string, string>>;
      warnings: string[];
    }
  | { ok: false; errors: string[] };

/** Environment over file over default. Everything that is wrong is said at once, a line each. */
export function loadConfig<const Keys extends readonly ConfigKey[]>(
  keys: Keys,
  options: LoadOptions,
): LoadedConfig<Keys> {
  const { env, cwd, elsewhere = [] } = options;
  const named = options.configPath ?? (env["ALDIS_CONFIG"] || undefined);
  const file = readConfigFile(keys, { named, cwd, elsewhere });
  const environment = readEnvironment(keys, env, elsewhere);
  const errors = [...file.errors, ...environment.errors];
  const values: Record<string, unknown> = {};
  const sources: Record<string, string> = {};
  for (const key of keys) {
    // A wrong value in the file is wrong even where a variable hides it.
    const fromFile = settle(key, file.written.get(key.path));
    const fromVariable = settle(key, environment.written.get(key.path));
    errors.push(...fromFile.errors, ...fromVariable.errors);
    const chosen = fromVariable.found ? fromVariable : fromFile.found ? fromFile : defaultOf(key);
    if (chosen.errors.length > 0 && !errors.includes(chosen.errors[0] ?? "")) {
      // Said already if the value that was meant could not be read at all.
      if (!errors.some((error) => error.startsWith(`environment ${variableOf(key.path)}`)))
        errors.push(...chosen.errors);
    }
    values[key.path] = chosen.value;
    sources[key.path] = chosen.source;
  }
  if (errors.length > 0) return { ok: false, errors };
  assertComplete(keys, values);
  return { ok: true, values, sources, warnings: [...file.warnings, ...environment.warnings] };
}

interface Settled {
  found: boolean;
  value?: unknown;
  source: string;
  errors: string[];
}

function settle(key: ConfigKey, written: Written | undefined): Settled {
  if (!written) return { found: false, source: "", errors: [] };
  const { source } = written;
  const result = parseWritten(key, written);
  if (result.success) return { found: true, value: result.data, source, errors: [] };
  const errors = result.error.issues.map(
    (issue) => `${written.where(issue.path)}: ${words(issue.message)}${hint(key)}`,
  );
  return { found: true, source, errors };
}

/** A variable is text; where that will not do, it is read as the file would be: `8`, `[a, b]`. */
function parseWritten(key: ConfigKey, { value, source }: Written) {
  const result = key.schema.safeParse(value);
  if (result.success || typeof value !== "string" || !source.startsWith("environment ")) {
    return result;
  }
  try {
    const read: unknown = parseYaml(value);
    return typeof read === "string" ? result : key.schema.safeParse(read);
  } catch {
    return result;
  }
}

function defaultOf(key: ConfigKey): Settled {
  const source = key.default === undefined ? "not set" : "default";
  const result = key.schema.safeParse(key.default);
  if (result.success) return { found: true, value: result.data, source, errors: [] };
  const variable = variableOf(key.path);
  const missing = `missing "${key.path}" (${key.description}): set ${variable}, or "${key.path}" in aldis.yaml${hint(key)}`;
  return { found: false, source, errors: [missing] };
}

function words(message: string): string {
  return message.replace(/^Invalid input: /, "");
}

function hint({ example }: ConfigKey): string {
  return example === undefined ? "" : `; for example ${example}`;
}

/** Each value has come out of its key's own schema, which is what its type says. */
function assertComplete<Keys extends readonly ConfigKey[]>(
  keys: Keys,
  values: Record<string, unknown>,
): asserts values is ConfigValues<Keys> & Record<string, z.output<z.ZodType>> {
  for (const { path } of keys) {
    if (!(path in values)) throw new Error(`no value for ${path}`);
  }
}
