import { nearest } from "../../relay/process/nearest.ts";
import { parseDurationMs } from "../../relay/process/units.ts";
import { NUMBER } from "../rules/syntax.ts";
import type { OptionType } from "./schema-options.ts";

/** Splits what was given for a list at its commas; any other option has one value. */
export function splitValue(option: { type: OptionType }, text: string): string[] {
  return option.type === "list" ? text.split(",") : [text];
}

/** What is wrong with one value of an option, as the end of a sentence that starts with its name. */
export function faultOf(
  option: { type: OptionType; choices?: readonly string[] | undefined },
  value: string,
): string | undefined {
  const fault = faultOfType(option.type, value);
  return fault ?? faultOfChoice(option.choices, value);
}

/** The same for a value that must be one of several. */
export function faultOfChoice(
  choices: readonly string[] | undefined,
  value: string,
): string | undefined {
  if (!choices || choices.includes(value)) return undefined;
  const close = nearest(value, choices);
  const hint = close === undefined ? "" : `; did you mean ${close}?`;
  return `is one of ${choices.join(", ")}${hint}`;
}

function faultOfType(type: OptionType, value: string): string | undefined {
  switch (type) {
    case "int":
      return NUMBER.test(value) && !value.includes(".") ? undefined : "is a whole number";
    case "float":
      return NUMBER.test(value) ? undefined : "is a number like 1.5";
    case "bool":
      return value === "true" || value === "false" ? undefined : "is true or false";
    case "duration":
      return parseDurationMs(value) === undefined ? "is a duration like 10s or 5m" : undefined;
    case "user":
    case "channel":
      return /^\S+$/.test(value) ? undefined : `is the name of a ${type}`;
    default:
      return undefined;
  }
}
