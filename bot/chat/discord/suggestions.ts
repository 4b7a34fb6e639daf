import { isVisibleTo } from "../../invocation/authorize.ts";
import { completionsFor } from "../../invocation/completions.ts";
import type { Message } from "../../invocation/message.ts";
import type { View } from "../../invocation/view.ts";
import { LINE_COMMAND, MOST_CHOICES } from "./application-commands.ts";
import { askedBy, choicesOf } from "./command-options.ts";
import type { CommandData } from "./events.ts";

const LONGEST_CHOICE = 100;

/** What may be chosen where the caller is typing: only of commands that they may run. */
export function suggestionsFor(
  view: View,
  place: Pick<Message, "channel" | "adapter">,
  data: CommandData,
  now: Date,
): string[] {
  const [subcommand] = data.options;
  const focused = subcommand?.options.find((each) => each.focused);
  if (!subcommand || !focused) return [];
  const typed = String(focused.value ?? "").toLowerCase();
  const all = isLine() ? completionsFor(view, place, now) : choices();
  const matching = all.filter(
    (each) => each !== "" && each.length <= LONGEST_CHOICE && each.toLowerCase().includes(typed),
  );
  const startsSo = (each: string) => Number(each.toLowerCase().startsWith(typed));
  return [...matching].sort((a, b) => startsSo(b) - startsSo(a)).slice(0, MOST_CHOICES);

  function isLine(): boolean {
    return subcommand?.name === LINE_COMMAND.name && focused?.name === LINE_COMMAND.option;
  }

  function choices(): readonly string[] {
    const bundle = view.bundles.get(data.name);
    const command = bundle?.commands[subcommand?.name ?? ""];
    if (!view.caller || !bundle || !command) return [];
    if (!isVisibleTo(view, view.caller, place, now)({ bundle, command })) return [];
    const asked = askedBy(command).find(({ name }) => name === focused?.name);
    return (asked && choicesOf(asked)) ?? [];
  }
}
