import { z } from "zod";
import { NAME } from "../rules/syntax.ts";

export const NAME_RULE = {
  pattern: NAME,
  message: "a name starts with a small letter and goes on with small letters, digits, - and _",
} as const;

export const Name = z.string().max(100).regex(NAME_RULE.pattern, NAME_RULE.message);

/** Text that YAML may take for a number or a truth: `1.10`, `20.04`, `true`. */
export const Text = z.union([z.string().max(1000), z.number(), z.boolean()]).transform(String);

/** What an editor is told of a text that is read further: a part of a JSON Schema. */
export function written(schema: {
  type: string | readonly string[];
  pattern?: string;
  examples?: readonly unknown[];
}): { written: typeof schema } {
  return { written: schema };
}

export const OptionType = z.enum([
  "string",
  "int",
  "float",
  "bool",
  "list",
  "enum",
  "duration",
  "user",
  "channel",
]);
export type OptionType = z.infer<typeof OptionType>;

const MOST_CHOICES = 500;
export const Choices = z
  .array(Text)
  .min(1)
  .max(MOST_CHOICES, `there are at most ${MOST_CHOICES} choices`);

/** What a bundle says about one option of a command. */
export const CommandOption = z
  .strictObject({
    type: OptionType.default("string").describe("What kind of value it takes; bool is a flag."),
    description: z.string().max(1000).default("").describe("For help."),
    required: z.boolean().default(false).describe("Whether a line without it is refused."),
    default: z
      .union([Text, z.array(Text)])
      .optional()
      .describe("Its value where it is not given; a list may have several."),
    short: Text.pipe(z.string().regex(/^[A-Za-z0-9]$/, "one letter or digit"))
      .meta(written({ type: ["string", "integer"], pattern: "^[A-Za-z0-9]$" }))
      .optional()
      .describe("One letter or digit: v for -v."),
    choices: Choices.optional().describe("The only values it may have."),
    secret: z.boolean().default(false).describe("Never shown, stored or logged in clear."),
  })
  .check(({ value, issues }) => {
    const complain = (key: string, message: string) =>
      issues.push({ code: "custom", path: [key], message, input: value });
    if (value.type === "enum" && !value.choices) complain("type", "an enum needs choices");
    if (value.choices && !["enum", "string", "list"].includes(value.type)) {
      complain("choices", `choices are for string, list and enum, not ${value.type}`);
    }
    if (value.required && value.default !== undefined) {
      complain("default", "an option that is required has no use for a default");
    }
    if (value.secret && value.default !== undefined) {
      complain("default", "a secret option cannot have a default: it would stand here in clear");
    }
    if (Array.isArray(value.default) && value.type !== "list") {
      complain("default", "only a list has several defaults");
    }
  });
export type CommandOption = z.infer<typeof CommandOption>;
