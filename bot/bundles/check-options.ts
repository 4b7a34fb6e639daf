import { nearest } from "../../relay/process/nearest.ts";
import { faultOf, splitValue } from "./option-value.ts";
import { optionVariable } from "./option-variable.ts";
import { type BundleProblem, ENOUGH_PROBLEMS } from "./problem.ts";
import type { CommandEntry } from "./schema.ts";
import type { CommandOption } from "./schema-options.ts";

const OPTION_NAME = /^[A-Za-z][A-Za-z0-9_-]*$/;

export function checkOptions(entry: CommandEntry): BundleProblem[] {
  const taken = new Map<string, string>();
  const problems: BundleProblem[] = [];
  for (const [name, option] of Object.entries(entry.options ?? {})) {
    const path = ["options", name];
    if (!OPTION_NAME.test(name)) {
      problems.push({ path, message: "an option's name is letters, digits, - and _" });
    }
    for (const key of [optionVariable(name), ...(option.short ? [`-${option.short}`] : [])]) {
      const other = taken.get(key);
      if (other) problems.push({ path, message: `shares ${key} with the option ${other}` });
      taken.set(key, name);
    }
    const fault = faultOfDefault(option);
    if (fault) problems.push({ path: [...path, "default"], message: fault });
  }
  return [...problems, ...checkArguments(entry), ...checkReferences(entry)];
}

/** Of several values the first one that is wrong says enough. */
function faultOfDefault(option: CommandOption): string | undefined {
  const choices = new Set(option.choices);
  const values = [option.default ?? []].flat().flatMap((text) => splitValue(option, text));
  for (const value of values) {
    const fault = choices.has(value) ? undefined : faultOf(option, value);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function checkArguments({ arguments: declared }: CommandEntry): BundleProblem[] {
  const names = new Set<string>();
  return declared.flatMap(({ name, required }, index): BundleProblem[] => {
    const path = ["arguments", index];
    const isRepeated = names.has(name);
    names.add(name);
    if (isRepeated) {
      return [{ path, message: `there are two arguments named ${name}` }];
    }
    if (!required || index === 0 || declared[index - 1]?.required) return [];
    return [{ path, message: "cannot be required after one that is not" }];
  });
}

/** Whatever names an option or an argument must name one that exists. */
function checkReferences(entry: CommandEntry): BundleProblem[] {
  const known = new Set([
    ...Object.keys(entry.options ?? {}),
    ...entry.arguments.map(({ name }) => name),
  ]);
  const references = [
    ...Object.keys(entry.complete).map((name) => ({ name, path: ["complete", name] })),
    ...(entry.concurrency?.by ?? []).map((name, index) => ({
      name,
      path: ["concurrency", "by", index],
    })),
  ];
  return references
    .filter(({ name }) => !known.has(name))
    .slice(0, ENOUGH_PROBLEMS)
    .map(({ name, path }) => ({
      path,
      message: `the command has no option or argument ${name}`,
      suggestion: nearest(name, known),
    }));
}
