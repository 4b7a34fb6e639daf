import type { Selector } from "../../relay/wire/selector.ts";
import type { Rule } from "../rules/syntax.ts";
import type { Templates } from "./schema.ts";
import type { OptionType } from "./schema-options.ts";

/** A bundle with every default filled in and every rule parsed. */
export interface Bundle {
  name: string;
  version: string;
  /** Whose format the file follows. */
  format: "aldis" | "gort";
  /** Of the file's content: `sha256:` and 64 hex digits. */
  digest: string;
  author?: string;
  homepage?: string;
  description: string;
  longDescription: string;
  image?: string;
  /** Without the bundle's name. */
  permissions: readonly string[];
  config: readonly ConfigKey[];
  templates: Templates;
  /** Has no prototype: any name may be looked up. */
  commands: Readonly<Record<string, Command>>;
}

export interface Command {
  name: string;
  description: string;
  longDescription: string;
  executable: readonly string[];
  native: boolean;
  /** Whether the options are known at all; if not, any may be given. */
  declaresOptions: boolean;
  /** Has no prototype: any name may be looked up. */
  options: Readonly<Record<string, Option>>;
  arguments: readonly Argument[];
  rules: readonly Rule[];
  ruleTexts: readonly string[];
  limits: Limits;
  /** What the bundle and the command both demand. */
  selector: Selector;
  delivery: "at-most-once" | "at-least-once";
  offerTimeoutMs: number;
  queueTimeoutMs: number;
  lostAfterMs: number;
  attempts: number;
  concurrency?: { max: number; by: readonly string[] };
  confirm?: string;
  network: string;
  mounts: readonly string[];
  user: string;
  /** Programs that suggest values, by option or argument. */
  complete: Readonly<Record<string, readonly string[]>>;
  examples: readonly string[];
  /** Patterns of messages, without slashes around them. */
  triggers: readonly string[];
  templates: Templates;
}

export interface Option {
  name: string;
  type: OptionType;
  description: string;
  required: boolean;
  /** One text, or several for a list. */
  default?: readonly string[];
  short?: string;
  choices?: readonly string[];
  secret: boolean;
}

export interface Argument {
  name: string;
  description: string;
  required: boolean;
  choices?: readonly string[];
}

export interface Limits {
  memoryBytes: number;
  cpus: number;
  pids: number;
  timeoutMs: number;
  outputBytes: number;
  tmpBytes: number;
}

export interface ConfigKey {
  name: string;
  description: string;
  secret: boolean;
  required: boolean;
}

export const DEFAULT_LIMITS: Limits = {
  memoryBytes: 256 * 2 ** 20,
  cpus: 1,
  pids: 64,
  timeoutMs: 300_000,
  outputBytes: 64 * 2 ** 20,
  tmpBytes: 64 * 2 ** 20,
};
