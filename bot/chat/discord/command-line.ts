import type { Bundle, Command } from "../../bundles/bundle.ts";
import { LINE_COMMAND } from "./application-commands.ts";
import { type Asked, askedBy } from "./command-options.ts";
import type { CommandData, GivenOption } from "./events.ts";

export type CommandLine = { ok: true; line: string } | { ok: false; reason: string };

/** The line that could have been typed instead of filling in a slash command. */
export function lineOfCommand(
  data: CommandData,
  bundles: ReadonlyMap<string, Bundle>,
): CommandLine {
  const [subcommand] = data.options;
  if (!subcommand) return { ok: true, line: data.name };
  const given = subcommand.options;
  const bundle = bundles.get(data.name);
  const command = bundle && own(bundle.commands, subcommand.name);
  const name = `${data.name}:${subcommand.name}`;
  if (command) return lineFor(name, command, data);
  const line = given.find((each) => each.name === LINE_COMMAND.option)?.value;
  if (subcommand.name === LINE_COMMAND.name) return { ok: true, line: String(line ?? "") };
  // It has gone since it was offered: the answer to its name says so.
  return { ok: true, line: name };
}

function lineFor(name: string, command: Command, data: CommandData): CommandLine {
  const given = new Map(data.options[0]?.options.map((each) => [each.name, each]));
  const asked = askedBy(command);
  const options: string[] = [];
  const words: string[] = [];
  const typed: string[] = [];
  let gap: string | undefined;
  for (const each of inOrder(asked)) {
    const value = textOf(given.get(each.name), data);
    if (each.kind === "argument" && value === undefined) gap ??= each.argument.name;
    if (value === undefined) continue;
    if (each.kind === "option") options.push(optionWord(each.option.name, value, each));
    else if (each.kind === "words") typed.push(value);
    else if (gap === undefined) words.push(value);
    else return { ok: false, reason: `${each.argument.name} needs ${gap} before it` };
  }
  const needsEnd = words.some((word) => /^[-—–]./u.test(word));
  const last = [...(needsEnd ? ["--"] : []), ...words.map(quoted), ...typed];
  return { ok: true, line: [name, ...options, ...last].join(" ") };
}

/** Arguments in their places, whatever is required first. */
function inOrder(asked: readonly Asked[]): Asked[] {
  const place = (each: Asked) => (each.kind === "argument" ? each.index : 0);
  return [...asked].sort((a, b) => place(a) - place(b));
}

function optionWord(name: string, value: string, asked: Asked & { kind: "option" }): string {
  if (asked.option.type === "bool" && value === "true") return `--${name}`;
  return `--${name}=${quoted(value)}`;
}

/** People and channels by their names, as the same mention typed into a message becomes. */
function textOf(given: GivenOption | undefined, { resolved }: CommandData): string | undefined {
  if (given?.value === undefined) return undefined;
  const value = String(given.value);
  if (given.type === 6) return `@${own(resolved.users, value)?.username ?? value}`;
  if (given.type === 7) return `#${own(resolved.channels, value)?.name ?? value}`;
  return value;
}

const PLAIN = /^[\w./:,+%#@-]+$/;

/** A word that is read back as exactly this, whatever stands in it. */
export function quoted(value: string): string {
  if (PLAIN.test(value)) return value;
  return `"${value.replace(/[\\"“”„‟]/g, "\\$&")}"`;
}

function own<T>(record: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}
