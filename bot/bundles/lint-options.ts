import type { Command, Option } from "./bundle.ts";
import { comparisonsIn } from "./lint-rules.ts";
import type { BundleProblem } from "./problem.ts";

/** Finds options that are not declared, and declarations that mislead. */
export function lintOptions(command: Command): BundleProblem[] {
  if (!command.declaresOptions) return [{ path: [], message: withoutOptions(command) }];
  const options = Object.values(command.options);
  const byShort = new Map(options.map((option) => [option.short, option]));
  return options.flatMap((option) => {
    return remarksOn(option, byShort.get(option.name)).map((message) => ({
      path: ["options", option.name],
      message,
    }));
  });
}

function withoutOptions({ rules }: Command): string {
  const terms = rules
    .flatMap(({ condition }) => (condition ? comparisonsIn(condition) : []))
    .flatMap(({ left, right }) => [left.kind, right.kind]);
  const isRead = terms.some((kind) =>
    ["option", "options", "argument", "arguments"].includes(kind),
  );
  return isRead
    ? "declares no options, so what its rules ask about may be unknown, and is then denied"
    : "declares no options: a rule on one, or on what follows one, may not be decidable";
}

/** `sameWord`: the option whose short form is this one's name. */
function remarksOn(option: Option, sameWord: Option | undefined): string[] {
  const { name, type, required, short } = option;
  const remarks: string[] = [];
  const other = sameWord === option ? undefined : sameWord;
  if (other) remarks.push(`--${name} is this, and -${name} is ${other.name}; rename one of them`);
  if (short === name)
    remarks.push(`its short form is its name; -${name} and --${name} are the same`);
  if (type !== "bool") return remarks;
  if (required) remarks.push("is a flag that must always be given; leave out required");
  if (option.default?.[0] === "false") remarks.push("has a default that every flag has: false");
  return remarks;
}
