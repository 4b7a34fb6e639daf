import { z } from "zod";
import { LIMITS } from "./limits.ts";
import { readForm } from "./refusal.ts";

const NAME = /^[-_'\p{L}\p{N}\p{sc=Deva}\p{sc=Thai}]{1,32}$/u;

const name = () =>
  z
    .string()
    .max(LIMITS.commandNameCharacters.is)
    .regex(NAME, "String value did not match validation regex.")
    .refine((text) => text === text.toLowerCase(), "Command name is invalid");
const description = () => z.string().min(1).max(LIMITS.commandDescriptionCharacters.is);

const Choice = z.object({
  name: z.string().min(1).max(LIMITS.choiceCharacters.is),
  value: z.union([z.string().max(LIMITS.choiceCharacters.is), z.number()]),
});
export const Choices = z.array(Choice).max(LIMITS.choices.is);

const Option = z
  .object({
    type: z.int().min(3).max(11),
    name: name(),
    description: description(),
    required: z.boolean().optional(),
    choices: Choices.optional(),
    autocomplete: z.boolean().optional(),
  })
  .refine((option) => !(option.autocomplete && option.choices?.length), {
    message: "Autocomplete and choices cannot both be given",
    path: ["autocomplete"],
  });

const options = <T extends z.ZodType<{ name: string; required?: boolean | undefined }>>(one: T) =>
  z
    .array(one)
    .max(LIMITS.commandOptions.is)
    .refine((all) => new Set(all.map((each) => each.name)).size === all.length, "Names repeat")
    .refine(isRequiredFirst, "Required options must be placed before non-required options");

const Subcommand = z.object({
  type: z.literal(1),
  name: name(),
  description: description(),
  required: z.undefined().optional(),
  options: options(Option).optional(),
});

const Command = z.object({
  type: z.literal(1).default(1),
  name: name(),
  description: description(),
  options: z.union([options(Subcommand), options(Option)]).optional(),
  contexts: z.array(z.int()).optional(),
  integration_types: z.array(z.int()).optional(),
});
export type Command = z.infer<typeof Command>;

const Commands = z
  .array(Command)
  .max(LIMITS.commands.is)
  .refine((all) => new Set(all.map((each) => each.name)).size === all.length, {
    message: "Application command names must be unique",
  })
  .refine((all) => all.every((each) => charactersOf(each) <= LIMITS.commandCharacters.is), {
    message: "Command exceeds maximum size (8000)",
  });

export function readCommands(body: unknown): Command[] {
  return readForm(Commands, body);
}

function isRequiredFirst(all: readonly { required?: boolean | undefined }[]): boolean {
  const firstOptional = all.findIndex(({ required }) => !required);
  return firstOptional < 0 || all.slice(firstOptional).every(({ required }) => !required);
}

/** Names, descriptions and values together. */
function charactersOf(value: unknown): number {
  if (typeof value === "string") return value.length;
  if (typeof value !== "object" || value === null) return 0;
  return Object.values(value).reduce<number>((sum, each) => sum + charactersOf(each), 0);
}
