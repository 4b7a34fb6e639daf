import { anyRelay, mergeSelectors } from "../../relay/wire/selector.ts";
import { parseRule } from "../rules/parse.ts";
import {
  type Argument,
  type Bundle,
  type Command,
  DEFAULT_LIMITS,
  type Limits,
  type Option,
} from "./bundle.ts";
import { digestOf } from "./digest.ts";
import { splitValue } from "./option-value.ts";
import type { BundleFile, CommandEntry } from "./schema.ts";
import type { CommandOption } from "./schema-options.ts";
import { coerceVersion } from "./version.ts";

/** Fills in what a valid file leaves to defaults. */
export function buildBundle(file: BundleFile, content: unknown): Bundle {
  const isGort = file.gort_bundle_version !== undefined;
  const image = file.image ?? dockerImage(file);
  return {
    name: file.name,
    version: isGort ? coerceVersion(file.version) : file.version,
    format: isGort ? "gort" : "aldis",
    digest: digestOf(content),
    ...(file.author !== undefined && { author: file.author }),
    ...(file.homepage !== undefined && { homepage: file.homepage }),
    ...(image !== undefined && { image }),
    description: file.description,
    longDescription: file.long_description,
    permissions: file.permissions,
    config: file.config.map((key) => ({ ...key, description: key.description ?? "" })),
    templates: file.templates,
    commands: dictionary(
      Object.entries(file.commands).map(([name, entry]) => [name, buildCommand(file, name, entry)]),
    ),
  };
}

function buildCommand(file: BundleFile, name: string, entry: CommandEntry): Command {
  const { concurrency, confirm } = entry;
  return {
    name,
    description: entry.description,
    longDescription: entry.long_description,
    executable: entry.executable,
    native: entry.native,
    declaresOptions: entry.options !== undefined,
    options: buildOptions(entry),
    arguments: entry.arguments.map(buildArgument),
    rules: entry.rules.flatMap((text) => {
      const parsed = parseRule(text, `${file.name}:${name}`);
      return parsed.ok ? [parsed.rule] : [];
    }),
    ruleTexts: entry.rules,
    limits: { ...DEFAULT_LIMITS, ...limitsOf(file.limits), ...limitsOf(entry.limits) },
    selector: mergeSelectors(
      file.relay?.selector ?? anyRelay(),
      entry.relay?.selector ?? anyRelay(),
    ),
    delivery: entry.delivery,
    offerTimeoutMs: entry.offer_timeout,
    queueTimeoutMs: entry.queue_timeout,
    lostAfterMs: entry.lost_after,
    attempts: entry.attempts,
    ...(concurrency && { concurrency }),
    ...(confirm !== undefined && { confirm }),
    network: entry.network,
    mounts: entry.mounts,
    user: entry.user,
    complete: dictionary(Object.entries(entry.complete)),
    examples: entry.examples,
    triggers: entry.triggers.map(({ match }) => match.replace(/^\/([\s\S]*)\/$/, "$1")),
    templates: { ...file.templates, ...entry.templates },
  };
}

/** The options as the rest of the program sees them. */
export function buildOptions(entry: CommandEntry): Readonly<Record<string, Option>> {
  return dictionary(
    Object.entries(entry.options ?? {}).map(([name, option]) => [name, buildOption(name, option)]),
  );
}

function buildOption(name: string, option: CommandOption): Option {
  const { type, description, required, short, choices, secret } = option;
  return {
    name,
    type,
    description,
    required,
    secret,
    ...(option.default !== undefined && {
      default: [option.default].flat().flatMap((text) => splitValue(option, text)),
    }),
    ...(short !== undefined && { short }),
    ...(choices && { choices }),
  };
}

function buildArgument({ choices, ...argument }: CommandEntry["arguments"][number]): Argument {
  return choices ? { ...argument, choices } : argument;
}

function limitsOf(limits: BundleFile["limits"]): Partial<Limits> {
  const { memory, cpus, pids, timeout, output, tmp } = limits;
  return {
    ...(memory !== undefined && { memoryBytes: memory }),
    ...(cpus !== undefined && { cpus }),
    ...(pids !== undefined && { pids }),
    ...(timeout !== undefined && { timeoutMs: timeout }),
    ...(output !== undefined && { outputBytes: output }),
    ...(tmp !== undefined && { tmpBytes: tmp }),
  };
}

function dockerImage({ docker }: BundleFile): string | undefined {
  if (!docker) return undefined;
  return docker.tag === undefined ? docker.image : `${docker.image}:${docker.tag}`;
}

/** A record in which nothing is found but what was put in. */
function dictionary<Item>(
  entries: readonly (readonly [string, Item])[],
): Readonly<Record<string, Item>> {
  const record: Record<string, Item> = Object.create(null);
  for (const [name, item] of entries) record[name] = item;
  return record;
}
