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
      /** By path, as somebody wrote it: `10s`, not 10000. */
      written: Readonly<Record<string, unknown>>;
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
  const named = options.configPath ?? (env.ALDIS_CONFIG || undefined);
  const file = readConfigFile(keys, { named, cwd, env, elsewhere });
  const environment = readEnvironment(keys, { env, cwd, elsewhere });
  const errors = [...file.errors, ...environment.errors];
  const values: Record<string, unknown> = {};
  const written: Record<string, unknown> = {};
  const sources: Record<string, string> = {};
  for (const key of keys) {
    // A wrong value in the file is wrong even where a variable hides it.
    const settled = [environment.written.get(key.path), file.written.get(key.path)]
      .filter((found) => found !== undefined)
      .map((found) => settle(key, found));
    if (settled.length === 0 && !environment.failed.has(key.path)) settled.push(defaultOf(key));
    errors.push(...settled.flatMap((candidate) => candidate.errors));
    values[key.path] = settled[0]?.value;
    written[key.path] = settled[0]?.written;
    sources[key.path] = settled[0]?.source ?? "not set";
  }
  if (errors.length > 0) return { ok: false, errors };
  assertComplete(keys, values);
  const warnings = [...file.warnings, ...environment.warnings];
  return { ok: true, values, written, sources, warnings };
}

interface Settled {
  value?: unknown;
  written: unknown;
  source: string;
  errors: string[];
}

function settle(key: ConfigKey, found: Written): Settled {
  const { source, value: written } = found;
  const result = parseWritten(key, found);
  if (result.success) return { value: result.data, written, source, errors: [] };
  const errors = result.error.issues.map(
    (issue) => `${found.where(issue.path)}: ${words(issue.message)}${hint(key)}`,
  );
  return { written, source, errors };
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
  const written = key.default;
  if (result.success) return { value: result.data, written, source, errors: [] };
  const variable = variableOf(key.path);
  const missing = `missing "${key.path}" (${key.description}): set ${variable}, or "${key.path}" in aldis.yaml${hint(key)}`;
  return { written, source, errors: [missing] };
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
