import type { Argument, Command, Option } from "../../bundles/bundle.ts";

/** One thing that a slash command asks for, under a name that Discord takes. */
export type Asked = { name: string; required: boolean; description: string } & (
  | { kind: "option"; option: Option }
  | { kind: "argument"; argument: Argument; index: number }
  /** Anything else that may follow, as it would be typed. */
  | { kind: "words" }
);

export const DISCORD_NAME = /^[-_a-z0-9]{1,32}$/;
const MOST_OPTIONS = 25;

/**
 * What a command asks for, what is required first. Left out: what is secret, since Discord would
 * show it; a name that is too long or taken; whatever is more than Discord takes.
 */
export function askedBy(command: Command): Asked[] {
  const taken = new Set<string>();
  const all: Asked[] = [...argumentsOf(command), ...optionsOf(command), ...wordsOf(command)];
  return all
    .filter(({ name }) => DISCORD_NAME.test(name) && !taken.has(name) && taken.add(name))
    .sort((a, b) => Number(b.required) - Number(a.required))
    .slice(0, MOST_OPTIONS);
}

function argumentsOf(command: Command): Asked[] {
  return command.arguments.map((argument, index) => ({
    kind: "argument",
    name: argument.name.toLowerCase(),
    required: argument.required,
    description: argument.description,
    argument,
    index,
  }));
}

function optionsOf(command: Command): Asked[] {
  return Object.values(command.options)
    .filter(({ secret }) => !secret)
    .map((option) => ({
      kind: "option",
      name: option.name.toLowerCase(),
      required: option.required && option.default === undefined,
      description: option.description,
      option,
    }));
}

/** Commands that say nothing of their words take any. */
function wordsOf({ arguments: declared, declaresOptions }: Command): Asked[] {
  const isOpen = declared.length === 0 && !declaresOptions;
  const description = "What follows the command, as you would type it";
  return isOpen ? [{ kind: "words", name: "words", required: false, description }] : [];
}

export function choicesOf(asked: Asked): readonly string[] | undefined {
  if (asked.kind === "option") return asked.option.choices;
  return asked.kind === "argument" ? asked.argument.choices : undefined;
}
