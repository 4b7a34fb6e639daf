import type { Bundle, Command } from "../../bundles/bundle.ts";
import { type Asked, askedBy, choicesOf, DISCORD_NAME } from "./command-options.ts";

/** Numbers as Discord has them. */
const TYPE = { subcommand: 1, string: 3, integer: 4, boolean: 5, user: 6, channel: 7, number: 10 };
const IN_GUILDS_AND_DIRECT = [0, 1];
const MOST_COMMANDS = 100;
const MOST_SUBCOMMANDS = 25;
export const MOST_CHOICES = 25;
const LONGEST_DESCRIPTION = 100;
const LONGEST_CHOICE = 100;
const MOST_CHARACTERS = 8000;

/** Beside the bot's own commands: a whole line, for what has no slash command of its own. */
export const LINE_COMMAND = { name: "run", option: "line" } as const;

/** A slash command for each bundle, with a subcommand for each of its commands. */
export function applicationCommands(bundles: readonly Bundle[], builtIn: string) {
  return bundles
    .filter(({ name }) => DISCORD_NAME.test(name))
    .sort((a, b) => Number(b.name === builtIn) - Number(a.name === builtIn))
    .slice(0, MOST_COMMANDS)
    .map((bundle) => commandOf(bundle, bundle.name === builtIn));
}
export type ApplicationCommand = ReturnType<typeof applicationCommands>[number];

function commandOf(bundle: Bundle, isBuiltIn: boolean) {
  const named = Object.values(bundle.commands).filter(({ name }) => DISCORD_NAME.test(name));
  const own = named.map(subcommandOf);
  const options = [...(isBuiltIn ? [lineCommand()] : []), ...own].slice(0, MOST_SUBCOMMANDS);
  return {
    type: 1,
    name: bundle.name,
    description: shortened(bundle.description, bundle.name),
    contexts: IN_GUILDS_AND_DIRECT,
    integration_types: [0],
    options: thatFit(options),
  };
}

function subcommandOf(command: Command) {
  return {
    type: TYPE.subcommand,
    name: command.name,
    description: shortened(command.description, command.name),
    options: askedBy(command).map(optionOf),
  };
}

function lineCommand(): ReturnType<typeof subcommandOf> {
  const description = "The command and what follows it, as you would type it";
  const option = { type: TYPE.string, name: LINE_COMMAND.option, description, required: true };
  return {
    type: TYPE.subcommand,
    name: LINE_COMMAND.name,
    description: "Runs any command, typed as a line",
    options: [{ ...option, autocomplete: true }],
  };
}

function optionOf(asked: Asked) {
  const choices = choicesOf(asked);
  const isShort =
    choices !== undefined &&
    choices.length <= MOST_CHOICES &&
    choices.every((each) => each !== "" && each.length <= LONGEST_CHOICE);
  return {
    type: choices ? TYPE.string : typeOf(asked),
    name: asked.name,
    description: shortened(asked.description, asked.name),
    required: asked.required,
    ...(isShort && { choices: choices.map((value) => ({ name: value, value })) }),
    ...(choices && !isShort && { autocomplete: true }),
  };
}

function typeOf(asked: Asked): number {
  if (asked.kind !== "option") return TYPE.string;
  switch (asked.option.type) {
    case "int":
      return TYPE.integer;
    case "float":
      return TYPE.number;
    case "bool":
      return TYPE.boolean;
    case "user":
      return TYPE.user;
    case "channel":
      return TYPE.channel;
    default:
      return TYPE.string;
  }
}

function shortened(text: string, otherwise: string): string {
  const line = text.replace(/\s+/g, " ").trim() || otherwise;
  return line.length <= LONGEST_DESCRIPTION ? line : `${line.slice(0, LONGEST_DESCRIPTION - 1)}…`;
}

/** One command has at most so many characters, all names, descriptions and choices together. */
function thatFit<T>(subcommands: readonly T[]): T[] {
  let room = MOST_CHARACTERS - 2 * LONGEST_DESCRIPTION;
  return subcommands.filter((each) => {
    room -= charactersIn(each);
    return room >= 0;
  });
}

function charactersIn(value: unknown): number {
  if (typeof value === "string") return value.length;
  if (typeof value !== "object" || value === null) return 0;
  return Object.values(value).reduce((sum: number, each) => sum + charactersIn(each), 0);
}
