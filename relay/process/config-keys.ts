import type { z } from "zod";

/** One setting of a program, under its path in the file: `slack.app_token`. */
export interface ConfigKey {
  path: string;
  /** Takes what the file or the variable holds; see config-types.ts. */
  schema: z.ZodType;
  /** Never shown; its variable may end in `_FILE` and name a file that holds the value. */
  secret?: true;
  /** As it would stand in the file. A key without default may be left out if its schema allows. */
  default?: unknown;
  description: string;
  example?: string;
}

/** Every key's value under its path: `config["database.url"]`. */
export type ConfigValues<Keys extends readonly ConfigKey[]> = {
  [Key in Keys[number] as Key["path"]]: z.output<Key["schema"]>;
};

/** Keeps the paths' and schemas' exact types. */
export function defineKeys<const Keys extends readonly ConfigKey[]>(keys: Keys): Keys {
  return keys;
}

/** `slack.app_token` → `ALDIS_SLACK_APP_TOKEN`. */
export function variableOf(path: string): string {
  return `ALDIS_${path.toUpperCase().replaceAll(".", "_")}`;
}

/** A value as somebody wrote it, and where. */
export interface Written {
  value: unknown;
  /** Such as `aldis.yaml:7` or `environment ALDIS_API_ADDRESS`. */
  source: string;
  /** Begins an error about the value, or about a part of it. */
  where(part: readonly PropertyKey[]): string;
}
