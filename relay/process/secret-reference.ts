import { readFileSync } from "node:fs";
import { isAbsolute, resolve } from "node:path";

export type SecretReference = { ok: true; value: string } | { ok: false; reason: string };

/**
 * What a secret's setting refers to: `file:PATH`, relative to the working directory, or
 * `env:NAME`. Undefined for a text that is no reference, which is then the secret itself.
 */
export function resolveSecret(
  text: string,
  { env, cwd }: { env: Readonly<Record<string, string | undefined>>; cwd: string },
): SecretReference | undefined {
  const [, kind, rest = ""] = /^(file|env):([\s\S]*)$/.exec(text) ?? [];
  if (kind === "file") return readSecretFile(isAbsolute(rest) ? rest : resolve(cwd, rest));
  if (kind !== "env") return undefined;
  const value = env[rest];
  return value ? { ok: true, value } : { ok: false, reason: `environment ${rest} is not set` };
}

/** The file's text without the line break at its end. */
export function readSecretFile(path: string): SecretReference {
  try {
    return { ok: true, value: readFileSync(path, "utf8").replace(/\r?\n$/, "") };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { ok: false, reason: `cannot be read: ${reason}` };
  }
}
