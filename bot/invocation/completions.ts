import { isVisibleTo } from "./authorize.ts";
import type { Message } from "./message.ts";
import { allTargets, nameOf } from "./resolve.ts";
import type { View } from "./view.ts";

/** What a caller may type to start with: every command that may be run, short where that is enough. */
export function completionsFor(
  view: View,
  message: Pick<Message, "channel" | "adapter">,
  now: Date,
): string[] {
  if (!view.caller) return [];
  const all = allTargets(view.bundles);
  const counts = new Map<string, number>();
  for (const { command } of all) counts.set(command.name, (counts.get(command.name) ?? 0) + 1);
  return all
    .filter(isVisibleTo(view, view.caller, message, now))
    .flatMap((target) => {
      const { name } = target.command;
      return counts.get(name) === 1 ? [name, nameOf(target)] : [nameOf(target)];
    })
    .map((name) => view.prefix + name)
    .sort();
}
