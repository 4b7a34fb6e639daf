import { z } from "zod";
import { parseBytes, parseDurationMs } from "../../relay/process/units.ts";
import { Selector } from "../../relay/wire/selector.ts";
import { Choices, CommandOption, NAME_RULE, Name, Text, written } from "./schema-options.ts";

const Duration = Text.transform((text, context) => {
  const durationMs = parseDurationMs(text);
  if (durationMs !== undefined && durationMs > 0) return durationMs;
  context.addIssue("write a duration like 10s, 5m or 1h30m");
  return z.NEVER;
}).meta(
  written({ type: "string", pattern: "^([0-9.]+(ms|s|m|h|d))+$", examples: ["10s", "1h30m"] }),
);

const Bytes = Text.transform((text, context) => {
  const bytes = parseBytes(text);
  if (bytes !== undefined && bytes > 0) return bytes;
  context.addIssue("write a size like 64Mi or 1Gi");
  return z.NEVER;
}).meta(written({ type: ["string", "number"], pattern: "^[0-9.]+[A-Za-z]*$", examples: ["64Mi"] }));

const Cpus = Text.transform((text, context) => {
  const cpus = Number(text);
  if (/^\d+(\.\d+)?$/.test(text) && cpus > 0) return cpus;
  context.addIssue("write a number of CPUs like 1 or 0.5");
  return z.NEVER;
}).meta(written({ type: ["string", "number"], pattern: "^[0-9.]+$", examples: [1, 0.5] }));

const Line = z.string().max(1000);
const Prose = z.string().max(20_000);
const Word = z.string().min(1, "should not be empty").max(1000);
const Argv = z
  .array(z.string().regex(/^[^\0]*$/, "a word cannot hold the character NUL"))
  .min(1, "an executable has at least the program's path")
  .refine(([program]) => program !== "", "the program's path should not be empty");
const MOST_RULES = 200;
const EnvironmentName = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "letters, digits and _ only")
  .refine(
    (name) => !/^(ALDIS|GORT)_/.test(name),
    "names that start with ALDIS_ or GORT_ are taken",
  );

const Limits = z.strictObject({
  memory: Bytes.optional().describe("Memory of the container, 256Mi by default."),
  cpus: Cpus.optional().describe("CPUs of the container, 1 by default."),
  pids: z.int().positive().optional().describe("Processes in the container, 64 by default."),
  timeout: Duration.optional().describe("How long it may run, 5m by default."),
  output: Bytes.optional().describe("How much it may print, 64Mi by default."),
  tmp: Bytes.optional().describe("Size of /tmp in the container, 64Mi by default."),
});

const TagTexts = z.record(z.string(), z.union([Text, z.array(Text).max(64)])).optional();

const RelayChoice = z.strictObject({
  selector: z
    .strictObject({
      tags: TagTexts.describe("Tags that the relay has, each with one value or one of several."),
      not: TagTexts.describe("Tags that it does not have with these values."),
      exists: z.array(z.string()).optional().describe("Tags that it has, whatever their value."),
      absent: z.array(z.string()).optional().describe("Tags that it does not have at all."),
      preferred: TagTexts.describe("Tags that make it the first to be asked."),
    })
    .pipe(Selector)
    .describe("Which relays may take it."),
});

const Template = z.union([z.string(), z.record(z.string(), z.unknown()), z.array(z.unknown())]);
export const Templates = z.strictObject({
  command: Template.optional().describe("Of a command that succeeded."),
  command_error: Template.optional().describe("Of a command that failed."),
  message: Template.optional().describe("Of what the bot itself says."),
  message_error: Template.optional().describe("Of what the bot itself says when it cannot."),
});
export type Templates = z.infer<typeof Templates>;

const ArgumentEntry = z.strictObject({
  name: Name.describe("For help, and for what refers to it."),
  description: Line.default("").describe("For help."),
  required: z.boolean().default(false).describe("Whether a line without it is refused."),
  choices: Choices.optional().describe("The only values it may have."),
});

/** One command, as it is written. */
export const CommandEntry = z.strictObject({
  description: Line.default("").describe("One line, for help."),
  long_description: Prose.default("").describe("Shown by help of this command."),
  executable: Argv.describe(
    "The program and its first arguments; what is typed follows. No shell.",
  ),
  native: z
    .boolean()
    .default(false)
    .describe("Runs without a container, where the relay's owner has listed the bundle."),
  options: z
    .record(z.string(), CommandOption)
    .optional()
    .describe("By name. Without this key any option may be given; {} means none."),
  arguments: z.array(ArgumentEntry).default([]).describe("What is typed, in order."),
  rules: z
    .array(z.string())
    .max(MOST_RULES, `a command has at most ${MOST_RULES} rules`)
    .default([])
    .describe("Who may run it: [with CONDITION] allow, forbid or must have PERMISSION.")
    .meta({ examples: [["allow"], ['with arg[0] == "prod" must have web:deploy']] }),
  relay: RelayChoice.optional().describe("Added to what the bundle says."),
  delivery: z
    .enum(["at-most-once", "at-least-once"])
    .default("at-most-once")
    .describe("at-least-once only for what may run twice."),
  offer_timeout: Duration.default(10_000).describe("Not claimed by then: the next relay. 10s."),
  queue_timeout: Duration.default(600_000).describe("No relay by then: expired. 10m."),
  lost_after: Duration.default(300_000).describe("Relay silent for so long: unknown. 5m."),
  attempts: z.int().min(1).max(100).default(3).describe("Starts, for at-least-once only."),
  concurrency: z
    .strictObject({
      max: z.int().positive().describe("How many may run at once."),
      by: z.array(Name).default([]).describe("Counted for each value of these."),
    })
    .optional()
    .describe("How many may run at the same time."),
  confirm: Line.optional().describe("Asked of the caller before anything is queued."),
  limits: Limits.prefault({}).describe("Each replaces that of the bundle."),
  network: Name.default("none").describe("A name that the relay's owner has defined."),
  mounts: z.array(Name).default([]).describe("Names that the relay's owner has defined."),
  user: Text.pipe(z.string().regex(/^\d+:\d+$/, "write uid:gid, both as numbers"))
    .meta(written({ type: "string", pattern: "^[0-9]+:[0-9]+$" }))
    .default("65534:65534")
    .describe("uid:gid in the container."),
  complete: z
    .record(z.string(), Argv)
    .default({})
    .describe("Programs that suggest values, by option or argument."),
  examples: z.array(Line).default([]).describe("Lines to type, for help."),
  triggers: z
    .array(z.strictObject({ match: Word.describe("A pattern in RE2's syntax.") }))
    .default([])
    .describe("Messages that run it."),
  templates: Templates.prefault({}).describe("How its answers look, before those of the bundle."),
  input: z.unknown().optional().describe("Gort's; has no effect."),
  output: z.unknown().optional().describe("Gort's; has no effect."),
});
export type CommandEntry = z.infer<typeof CommandEntry>;

const ConfigEntry = z.strictObject({
  name: EnvironmentName.describe("The environment variable."),
  description: Line.optional().describe("For people who set it."),
  secret: z.boolean().default(false).describe("Its value never leaves in clear."),
  required: z.boolean().default(false).describe("Nothing runs before it is set."),
});

/** The bundle file as it is written, Aldis's and Gort's alike. */
export const BundleFile = z.strictObject({
  aldis_bundle_version: z
    .literal(1, "1 is the only version there is")
    .optional()
    .describe("Makes the file a bundle of Aldis."),
  gort_bundle_version: z
    .literal(1, "1 is the only version that is understood")
    .optional()
    .describe("Makes the file a bundle of Gort."),
  name: Name.describe("What is typed before the colon, and before its permissions."),
  version: Text.meta(written({ type: ["string", "number"], examples: ["1.4.0"] })).describe(
    "A semantic version; it means one content.",
  ),
  author: Line.optional().describe("Who made it."),
  homepage: Line.optional().describe("Where to read more."),
  description: Line.default("").describe("One line, for lists."),
  long_description: Prose.default("").describe("Shown by help."),
  image: Word.optional().describe("The image of every command that is not native; best by digest."),
  permissions: z
    .array(Name)
    .default([])
    .describe("Names that rules may ask for, as bundle:permission."),
  relay: RelayChoice.optional().describe("Which relays may take any of its commands."),
  limits: Limits.prefault({}).describe("Of every command that does not say otherwise."),
  config: z.array(ConfigEntry).default([]).describe("What dynamic configuration may set."),
  templates: Templates.prefault({}).describe("How the answers of all commands look."),
  commands: z
    .record(z.string().regex(NAME_RULE.pattern, NAME_RULE.message), CommandEntry)
    .refine((commands) => Object.keys(commands).length > 0, "a bundle has at least one command")
    .meta({ minProperties: 1 })
    .describe("By name."),
  enabled: z.boolean().optional().describe("Gort's; has no effect."),
  kubernetes: z.unknown().optional().describe("Gort's; has no effect."),
  docker: z
    .strictObject({
      image: Word.describe("The image, if image does not name it."),
      tag: Text.optional().describe("Its tag."),
    })
    .optional()
    .describe("Gort's older way to name the image."),
  input: z.unknown().optional().describe("Gort's; has no effect."),
  output: z.unknown().optional().describe("Gort's; has no effect."),
});
export type BundleFile = z.infer<typeof BundleFile>;
