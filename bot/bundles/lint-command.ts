import type { Selector } from "../../relay/wire/selector.ts";
import type { Command } from "./bundle.ts";
import type { BundleProblem } from "./problem.ts";

/** Finds commands that nobody can run, and those that help cannot explain. */
export function lintCommand(command: Command): BundleProblem[] {
  const problems: BundleProblem[] = [];
  const warn = (path: BundleProblem["path"], message: string) => problems.push({ path, message });
  if (command.description === "") warn([], "has no description, so help has nothing to say");
  if (command.rules.length === 0) warn([], "has no rule, so nobody may run it");
  else if (command.rules.every(({ effect }) => effect.kind === "forbid")) {
    warn(["rules"], "only forbid, so nobody may run it");
  }
  const impossible = contradictionIn(command.selector);
  if (impossible !== undefined) warn(["relay"], `no relay can match: ${impossible}`);
  return problems;
}

/** A tag that must have a value, and may have none of them; or that must be there and must not. */
function contradictionIn({ tags, not, exists, absent = [] }: Selector): string | undefined {
  const excluded = new Map(Object.entries(not).map(([name, values]) => [name, new Set(values)]));
  const empty = Object.entries(tags).find(([name, values]) =>
    values.every((value) => excluded.get(name)?.has(value)),
  );
  if (empty) return `${empty[0]} has no value left`;
  const forbidden = new Set(absent);
  const both = [...Object.keys(tags), ...exists].find((name) => forbidden.has(name));
  return both === undefined ? undefined : `${both} must be there, and must not`;
}
