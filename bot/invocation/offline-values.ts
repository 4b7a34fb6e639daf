import type { OptionType } from "../bundles/schema-options.ts";
import { exactNumber } from "./exact-number.ts";
import type { OfflineLine } from "./offline.ts";

/** A line that was read, as a script sees it; `null` is what is not the same in every reading. */
export interface LineValues {
  bundle: string | null;
  command: string;
  options: Readonly<Record<string, OptionValue>>;
  arguments: readonly (string | null)[] | null;
  /** Follows the executable. */
  argv: readonly string[];
}

export type OptionValue = string | number | boolean | readonly string[] | null;

export function lineValues({ bundle, command, target, parsed }: OfflineLine): LineValues {
  const { argv } = parsed;
  const declared = target?.command.declaresOptions ? target.command.options : undefined;
  const options = Object.entries(parsed.options).map(([name, values]): [string, OptionValue] => {
    if (!values) return [name, null];
    const type = declared?.[name]?.type;
    return [name, type ? typedValue(type, values) : undeclaredValue(name, values, argv)];
  });
  return {
    bundle: bundle ?? null,
    command,
    options: Object.fromEntries(options),
    arguments: parsed.arguments,
    argv,
  };
}

function typedValue(type: OptionType, values: readonly string[]): OptionValue {
  const [text = ""] = values;
  switch (type) {
    case "list":
      return values;
    case "bool":
      return text === "true";
    case "int":
    case "float":
      return exactNumber(text) ?? text;
    default:
      return text;
  }
}

/** A flag is certain only where no word gives it a value. */
function undeclaredValue(
  name: string,
  [text = ""]: readonly string[],
  argv: readonly string[],
): OptionValue {
  return text === "true" && !argv.includes(`--${name}=true`) ? true : text;
}
