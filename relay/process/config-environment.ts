import { type ConfigKey, variableOf, type Written } from "./config-keys.ts";
import { FAULT_VARIABLES } from "./fault-point.ts";
import { nearest } from "./nearest.ts";
import { readSecretFile, resolveSecret, type SecretReference } from "./secret-reference.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

export interface EnvironmentContent {
  written: Map<string, Written>;
  /** Paths of keys that are set but cannot be read, which `errors` says. */
  failed: Set<string>;
  errors: string[];
  warnings: string[];
}

/** Reads each key's variable; an empty one counts as not set, as compose files leave them. */
export function readEnvironment(
  keys: readonly ConfigKey[],
  { env, cwd, elsewhere }: { env: Environment; cwd: string; elsewhere: readonly string[] },
): EnvironmentContent {
  const content: EnvironmentContent = {
    written: new Map(),
    failed: new Set(),
    errors: [],
    warnings: [],
  };
  for (const key of keys) readKey(content, key, { env, cwd });
  content.warnings.push(...unknownVariables(keys, env, elsewhere));
  return content;
}

function readKey(
  content: EnvironmentContent,
  key: ConfigKey,
  { env, cwd }: { env: Environment; cwd: string },
): void {
  const fail = (error: string) => {
    content.errors.push(error);
    content.failed.add(key.path);
  };
  const variable = variableOf(key.path);
  const file = key.secret ? env[`${variable}_FILE`] : undefined;
  if (env[variable] && file) {
    fail(`environment ${variable}: set it or ${variable}_FILE, not both`);
  } else if (env[variable]) {
    const found = key.secret ? resolveSecret(env[variable], { env, cwd }) : undefined;
    keep(variable, found ?? { ok: true, value: env[variable] });
  } else if (file) {
    keep(`${variable}_FILE`, readSecretFile(file));
  }

  function keep(name: string, found: SecretReference): void {
    if (found.ok) content.written.set(key.path, fromVariable(found.value, name));
    else fail(`environment ${name}: ${found.reason}`);
  }
}

function fromVariable(value: string, variable: string): Written {
  const source = `environment ${variable}`;
  return { value, source, where: () => source };
}

/** Only a warning: container platforms inject names such as ALDIS_SERVICE_HOST. */
function unknownVariables(
  keys: readonly ConfigKey[],
  env: Environment,
  elsewhere: readonly string[],
): string[] {
  const known = new Set<string>(["ALDIS_CONFIG", ...FAULT_VARIABLES]);
  for (const { path, secret } of keys) {
    known.add(variableOf(path));
    if (secret) known.add(`${variableOf(path)}_FILE`);
  }
  const others = elsewhere.map(variableOf);
  const isElsewhere = (name: string) =>
    others.some((other) => name === other || name.startsWith(`${other}_`));
  return Object.keys(env)
    .filter((name) => name.startsWith("ALDIS_") && !known.has(name) && !isElsewhere(name))
    .map((name) => {
      const similar = nearest(name, known);
      return `environment ${name}: not a setting${similar ? `; did you mean ${similar}?` : ""}`;
    });
}
