import { z } from "zod";
import { parseBytes, parseDurationMs } from "../../relay/process/units.ts";
import { Selector } from "../../relay/wire/selector.ts";
import { CommandOption, NAME_RULE, Name, Text } from "./schema-options.ts";

const Duration = Text.transform((text, context) => {
  const durationMs = parseDurationMs(text);
  if (durationMs !== undefined && durationMs > 0) return durationMs;
  context.addIssue("write a duration like 10s, 5m or 1h30m");
  return z.NEVER;
});

const Bytes = Text.transform((text, context) => {
  const bytes = parseBytes(text);
  if (bytes !== undefined && bytes > 0) return bytes;
  context.addIssue("write a size like 64Mi or 1Gi");
  return z.NEVER;
});

const Cpus = Text.transform((text, context) => {
  const cpus = Number(text);
  if (/^\d+(\.\d+)?$/.test(text) && cpus > 0) return cpus;
  context.addIssue("write a number of CPUs like 1 or 0.5");
  return z.NEVER;
});

const Line = z.string().max(1000);
const Prose = z.string().max(20_000);
const Word = z.string().min(1).max(1000);
const Argv = z.array(z.string()).min(1, "an executable has at least the program's path");
const EnvironmentName = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "letters, digits and _ only")
  .refine(
    (name) => !/^(ALDIS|GORT)_/.test(name),
    "names that start with ALDIS_ or GORT_ are taken",
  );

const Limits = z.strictObject({
  memory: Bytes.optional(),
  cpus: Cpus.optional(),
  pids: z.int().positive().optional(),
  timeout: Duration.optional(),
  output: Bytes.optional(),
  tmp: Bytes.optional(),
});

const TagTexts = z.record(z.string(), z.union([Text, z.array(Text)])).optional();

const RelayChoice = z.strictObject({
  selector: z
    .strictObject({
      tags: TagTexts,
      not: TagTexts,
      exists: z.array(z.string()).optional(),
      preferred: TagTexts,
    })
    .pipe(Selector),
});

const Template = z.union([z.string(), z.record(z.string(), z.unknown()), z.array(z.unknown())]);
export const Templates = z.strictObject({
  command: Template.optional(),
  command_error: Template.optional(),
  message: Template.optional(),
  message_error: Template.optional(),
});
export type Templates = z.infer<typeof Templates>;

/** One command, as it is written. */
export const CommandEntry = z.strictObject({
  description: Line.default(""),
  long_description: Prose.default(""),
  executable: Argv,
  native: z.boolean().default(false),
  options: z.record(z.string(), CommandOption).optional(),
  arguments: z
    .array(
      z.strictObject({
        name: Name,
        description: Line.default(""),
        required: z.boolean().default(false),
        choices: z.array(Text).min(1).optional(),
      }),
    )
    .default([]),
  rules: z.array(z.string()).default([]),
  relay: RelayChoice.optional(),
  delivery: z.enum(["at-most-once", "at-least-once"]).default("at-most-once"),
  offer_timeout: Duration.default(10_000),
  queue_timeout: Duration.default(600_000),
  lost_after: Duration.default(300_000),
  attempts: z.int().min(1).max(100).default(3),
  concurrency: z
    .strictObject({ max: z.int().positive(), by: z.array(Name).default([]) })
    .optional(),
  confirm: Line.optional(),
  limits: Limits.prefault({}),
  network: Name.default("none"),
  mounts: z.array(Name).default([]),
  user: Text.pipe(z.string().regex(/^\d+:\d+$/, "write uid:gid, both as numbers")).default(
    "65534:65534",
  ),
  complete: z.record(z.string(), Argv).default({}),
  examples: z.array(Line).default([]),
  triggers: z.array(z.strictObject({ match: Word })).default([]),
  templates: Templates.prefault({}),
  input: z.unknown().optional(),
  output: z.unknown().optional(),
});
export type CommandEntry = z.infer<typeof CommandEntry>;

/** The bundle file as it is written, Aldis's and Gort's alike. */
export const BundleFile = z.strictObject({
  aldis_bundle_version: z.literal(1, "1 is the only version there is").optional(),
  gort_bundle_version: z.literal(1, "1 is the only version that is understood").optional(),
  name: Name,
  version: Text,
  author: Line.optional(),
  homepage: Line.optional(),
  description: Line.default(""),
  long_description: Prose.default(""),
  image: Word.optional(),
  permissions: z.array(Name).default([]),
  relay: RelayChoice.optional(),
  limits: Limits.prefault({}),
  config: z
    .array(
      z.strictObject({
        name: EnvironmentName,
        description: Line.optional(),
        secret: z.boolean().default(false),
        required: z.boolean().default(false),
      }),
    )
    .default([]),
  templates: Templates.prefault({}),
  commands: z
    .record(z.string().regex(NAME_RULE.pattern, NAME_RULE.message), CommandEntry)
    .refine((commands) => Object.keys(commands).length > 0, "a bundle has at least one command"),
  enabled: z.boolean().optional(),
  kubernetes: z.unknown().optional(),
  docker: z.strictObject({ image: Word, tag: Text.optional() }).optional(),
  input: z.unknown().optional(),
  output: z.unknown().optional(),
});
export type BundleFile = z.infer<typeof BundleFile>;
